import test, { type ExecutionContext } from 'ava';
import { createStripeProvider } from '../../src/payments/stripe-provider.js';
import { type StripeServer, startStripe } from '../helpers/stripe-server.js';

/** Refunds by Stripe's library, against a server that speaks its API. */

const order = { key: 'refund:pi_1', paymentId: 'pi_1', amount: 1250, currency: 'EUR', reason: 'order-canceled' };
const unavailable = { name: 'DomainError', code: 'dependency-unavailable' } as const;

async function setUp(t: ExecutionContext) {
  const stripe = await startStripe();
  t.teardown(stripe.close);
  const { refund } = createStripeProvider({ secretKey: 'sk_test_1', url: stripe.url });
  const ids = (server: StripeServer = stripe) => server.refundsOf('pi_1').map(({ id }) => id);
  return { stripe, refund: () => refund(order), ids };
}

test('the whole payment goes back, under our key and with our reason', async (t) => {
  const { stripe, refund } = await setUp(t);
  t.deepEqual(await refund(), { refundId: 're_1' });
  t.like(stripe.refundsOf('pi_1')[0], { amount: 1250, metadata: { reason: 'order-canceled', key: order.key } });
  t.deepEqual(stripe.asked, [{ key: order.key, authorization: 'Bearer sk_test_1', paymentIntent: 'pi_1' }]);
});

test('asked twice, Stripe refunds once', async (t) => {
  const { refund, ids } = await setUp(t);
  t.deepEqual([await refund(), await refund()], [{ refundId: 're_1' }, { refundId: 're_1' }]);
  t.deepEqual(ids(), ['re_1']);
});

test('an error is worth another try, and one request is one try', async (t) => {
  const { stripe, refund, ids } = await setUp(t);
  stripe.fail(1);
  await t.throwsAsync(refund(), { ...unavailable, message: /^Stripe is not available: asked for by the test/ });
  t.deepEqual([stripe.asked.length, ids()], [1, []]);
  t.deepEqual(await refund(), { refundId: 're_1' });
  t.is(new Set(stripe.asked.map(({ key }) => key)).size, 1);
});

test('a refund whose answer was lost is found again by its key', async (t) => {
  const { stripe, refund, ids } = await setUp(t);
  stripe.fail(1, 'after');
  await t.throwsAsync(refund(), unavailable);
  t.deepEqual(await refund(), { refundId: 're_1' });
  t.deepEqual(ids(), ['re_1']);
});

test('a refund whose key Stripe has forgotten is found, and not made again', async (t) => {
  const { stripe, refund, ids } = await setUp(t);
  await refund();
  stripe.forgetKeys();
  t.deepEqual(await refund(), { refundId: 're_1' });
  t.deepEqual(ids(), ['re_1']);
});

for (const status of ['failed', 'canceled']) {
  test(`a refund that Stripe calls ${status} has not gone back`, async (t) => {
    const { stripe, refund } = await setUp(t);
    stripe.makeRefunds(status);
    await t.throwsAsync(refund(), { ...unavailable, message: new RegExp(`re_1 is ${status}`) });
  });
}

test('a refund that is on its way has gone', async (t) => {
  const { stripe, refund } = await setUp(t);
  stripe.makeRefunds('pending');
  t.deepEqual(await refund(), { refundId: 're_1' });
});

test('a Stripe that does not answer is an outage, and its message tells no key', async (t) => {
  const { stripe, refund } = await setUp(t);
  await stripe.close();
  const failure = await t.throwsAsync(refund(), unavailable);
  t.notRegex(JSON.stringify([failure?.message, failure?.stack, String(failure?.cause)]), /sk_test_1/);
});
