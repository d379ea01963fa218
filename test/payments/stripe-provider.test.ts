import test, { type ExecutionContext } from 'ava';
import { createStripeProvider } from '../../src/payments/stripe-provider.js';
import { type StripeServer, startStripe } from '../helpers/stripe-server.js';

/** Refunds by Stripe's library, against a server with Stripe's API. */

const order = { key: 'refund:pi_1', paymentId: 'pi_1', amount: 1250, currency: 'EUR', reason: 'order-canceled' };
const unavailable = { name: 'DomainError', code: 'dependency-unavailable' } as const;

async function setUp(t: ExecutionContext) {
  const stripe = await startStripe();
  t.teardown(stripe.close);
  const { refund } = createStripeProvider({ secretKey: 'sk_test_1', url: stripe.url });
  const ids = (server: StripeServer = stripe) => server.refundsOf('pi_1').map(({ id }) => id);
  return { stripe, refund: () => refund(order), ids };
}

test('the whole payment is refunded, with our key and our reason', async (t) => {
  const { stripe, refund } = await setUp(t);
  t.deepEqual(await refund(), { refundId: 're_1' });
  t.like(stripe.refundsOf('pi_1')[0], { amount: 1250, metadata: { reason: 'order-canceled', key: order.key } });
  t.deepEqual(stripe.asked, [{ key: order.key, authorization: 'Bearer sk_test_1', paymentIntent: 'pi_1' }]);
});

test('two refunds with one key are one refund', async (t) => {
  const { refund, ids } = await setUp(t);
  t.deepEqual([await refund(), await refund()], [{ refundId: 're_1' }, { refundId: 're_1' }]);
  t.deepEqual(ids(), ['re_1']);
});

test("an error is left to the caller's retries, and one call is one request", async (t) => {
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

test('a refund whose key Stripe has deleted is found, and not made again', async (t) => {
  const { stripe, refund, ids } = await setUp(t);
  await refund();
  stripe.deleteKeys();
  t.deepEqual(await refund(), { refundId: 're_1' });
  t.deepEqual(ids(), ['re_1']);
});

for (const status of ['failed', 'canceled']) {
  test(`a refund with the status ${status} is refused, for a person`, async (t) => {
    const { stripe, refund } = await setUp(t);
    stripe.setRefundStatus(status);
    t.deepEqual(await refund(), { refused: `Stripe's refund re_1 is ${status}` });
  });
}

test('the rest is refunded once when a part was refunded elsewhere', async (t) => {
  const { stripe, refund } = await setUp(t);
  stripe.charge('pi_1', { amount_refunded: 1000 });
  t.deepEqual(await refund(), { refundId: 're_1', amount: 250 });
  t.deepEqual(await refund(), { refundId: 're_1', amount: 250 });
  t.deepEqual(
    stripe.refundsOf('pi_1').map(({ amount }) => amount),
    [250],
  );
});

test('a refund of the rest whose answer was lost is found again, and not made again', async (t) => {
  const { stripe, refund, ids } = await setUp(t);
  stripe.charge('pi_1', { amount_refunded: 1000 });
  stripe.fail(1, 'after');
  await t.throwsAsync(refund(), unavailable);
  t.deepEqual(await refund(), { refundId: 're_1', amount: 250 }, 'the key is answered with its first error');
  stripe.deleteKeys();
  t.deepEqual(await refund(), { refundId: 're_1', amount: 250 }, 'the key is new');
  stripe.charge('pi_1', { disputed: true, amount_refunded: 1250 });
  t.deepEqual(await refund(), { refundId: 're_1', amount: 250 }, 'the rest is disputed');
  t.deepEqual(ids(), ['re_1']);
});

test('a refund of a disputed charge is refused finally, and nothing is refunded', async (t) => {
  const { stripe, refund, ids } = await setUp(t);
  stripe.charge('pi_1', {});
  const part = { method: 'POST', headers: { 'idempotency-key': 'elsewhere' }, body: 'payment_intent=pi_1&amount=1000' };
  await fetch(`${stripe.url}/v1/refunds`, part);
  stripe.charge('pi_1', { disputed: true, amount_refunded: 1000 });
  t.deepEqual(await refund(), { refused: 'Stripe: has been charged back' });
  t.deepEqual([ids(), stripe.asked.length], [['re_1'], 2], 'nor is the rest asked for');
});

for (const code of ['charge_not_refundable', 'refund_disputed_payment', undefined]) {
  test(`a refund that Stripe refuses with ${code ?? 'no code'} is refused finally`, async (t) => {
    const { stripe, refund } = await setUp(t);
    stripe.refuse(code === undefined ? {} : { code });
    t.deepEqual(await refund(), { refused: 'Stripe: refused by the test' });
  });
}

for (const error of [
  { status: 401 },
  { status: 403 },
  { status: 429 },
  { status: 409, code: 'lock_timeout' },
  { status: 404, code: 'resource_missing' },
  { status: 400, code: 'balance_insufficient' },
  { status: 400, type: 'idempotency_error' },
]) {
  test(`${error.status} ${error.code ?? error.type ?? ''} is retried`, async (t) => {
    const { stripe, refund } = await setUp(t);
    stripe.refuse(error);
    await t.throwsAsync(refund(), unavailable);
  });
}

test("an amount is sent in Stripe's units, and an amount without a whole number of them is refused finally", async (t) => {
  const { stripe } = await setUp(t);
  const { refund } = createStripeProvider({ secretKey: 'sk_test_1', url: stripe.url });
  await refund({ ...order, paymentId: 'pi_isk', key: 'isk', currency: 'ISK', amount: 5 });
  t.is(stripe.refundsOf('pi_isk')[0]?.amount, 500);
  t.deepEqual(await refund({ ...order, currency: 'KWD', amount: 5124 }), {
    refused: 'Stripe cannot refund 5124 KWD',
  });
});

test('a pending refund counts as made', async (t) => {
  const { stripe, refund } = await setUp(t);
  stripe.setRefundStatus('pending');
  t.deepEqual(await refund(), { refundId: 're_1' });
});

test('a Stripe that does not answer is an outage, and the message contains no key', async (t) => {
  const { stripe, refund } = await setUp(t);
  await stripe.close();
  const failure = await t.throwsAsync(refund(), unavailable);
  t.notRegex(JSON.stringify([failure?.message, failure?.stack, String(failure?.cause)]), /sk_test_1/);
});

test('refunds beside one another are each made once, also when Stripe has deleted their keys', async (t) => {
  const { stripe } = await setUp(t);
  const { refund } = createStripeProvider({ secretKey: 'sk_test_1', url: stripe.url });
  stripe.charge('pi_1', {});
  const part = (key: string, amount = 500) => refund({ ...order, beside: true, key, amount });
  t.deepEqual(await part('one'), { refundId: 're_1' });
  t.deepEqual(await part('two'), { refundId: 're_2' });
  stripe.deleteKeys();
  t.deepEqual([await part('one'), await part('two')], [{ refundId: 're_1' }, { refundId: 're_2' }]);
  stripe.fail(1, 'after');
  await t.throwsAsync(part('three', 100), unavailable);
  stripe.deleteKeys();
  t.deepEqual(await part('three', 100), { refundId: 're_3' });
  t.deepEqual(
    stripe.refundsOf('pi_1').map(({ amount }) => amount),
    [500, 500, 100],
  );
});

test('a refund beside others is refused finally where less is left, and is not taken for another refund', async (t) => {
  const { stripe } = await setUp(t);
  const { refund } = createStripeProvider({ secretKey: 'sk_test_1', url: stripe.url });
  stripe.charge('pi_1', {});
  await refund({ ...order, beside: true, key: 'one', amount: 1_000 });
  const second = { ...order, beside: true, key: 'two', amount: 500 } as const;
  t.deepEqual(await refund(second), { refused: 'Stripe: is greater than unrefunded amount 250' });
  stripe.deleteKeys();
  stripe.charge('pi_1', { amount_refunded: 1_250 });
  t.deepEqual(await refund(second), { refused: 'Stripe: already refunded' });
  t.is(stripe.refundsOf('pi_1').length, 1);
});
