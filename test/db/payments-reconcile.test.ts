import test, { type ExecutionContext } from 'ava';
import { auditDatabase } from '../../src/db/audit/audit.js';
import { createSettlements } from '../../src/db/orders/settlements.js';
import { storeReport } from '../../src/db/reports/store-report.js';
import type { ProviderWithDesk } from '../../src/domain/begun-payment.js';
import { readStripeEvent } from '../../src/payments/stripe-events.js';
import { createStripeProvider } from '../../src/payments/stripe-provider.js';
import { reconcilePayments } from '../../src/process/reconcile-payments.js';
import { createDesk, startProvider } from '../helpers/begun.js';
import { count, openPool, placeOrder, product, rows, shopDatabase, stockOf } from '../helpers/database.js';
import { startStripe } from '../helpers/stripe-server.js';
import { stripeEvent } from '../helpers/stripe-webhook.js';
import { paymentEvent } from './payment-events.js';

/** What providers list, compared with our payments. */

const span = () => ({ since: new Date(Date.now() - 7 * 24 * 3_600_000), until: new Date(Date.now() + 60_000) });

async function shop(t: ExecutionContext) {
  const { pool, url } = await shopDatabase(t, [product({ stock: 1_000 })]);
  const settlements = createSettlements(pool);
  const reconcile = (provider: ProviderWithDesk, { dryRun = false } = {}) =>
    reconcilePayments(
      dryRun
        ? { pool, receive: undefined }
        : { pool, receive: settlements.receive, report: (report) => storeReport(pool, report) },
      provider,
      span(),
    );
  return { pool, url, ...settlements, reconcile };
}

const statuses = async (pool: Parameters<typeof rows>[0]) =>
  (await rows(pool, 'SELECT status, COUNT(*) AS n FROM orders GROUP BY status')).map(({ status, n }) => [
    status,
    Number(n),
  ]);

test('after a week without webhooks each payment is found once, and the webhooks that come later change nothing', async (t) => {
  const { pool, receive, reconcile } = await shop(t);
  const { provider, pay } = await startProvider(t);
  const desk = createDesk(pool, [provider]);
  const paid = [];
  for (let n = 0; n < 120; n++) {
    const order = await placeOrder(pool, { userId: n + 1 });
    const { reference } = await desk.begun(order.orderId);
    if (n % 3 === 0) continue;
    await pay(reference);
    paid.push({ ...order, reference });
  }
  const dry = await reconcile(provider, { dryRun: true });
  t.like(dry, { listed: 80, ours: 0, found: { length: 80, 0: { result: 'missing' } }, different: [] });
  t.is(await count(pool, 'payments'), 0);
  const found = await reconcile(provider);
  t.like(found, { listed: 80, found: { length: 80 }, different: [] });
  t.true(found.found.every(({ result }) => result === 'accepted'));
  t.deepEqual(await statuses(pool), [
    ['placed', 40],
    ['paid', 80],
  ]);
  t.like(await reconcile(provider), { listed: 80, ours: 80, found: [], different: [] });
  const stock = await stockOf(pool);
  for (const { orderId, amount, currency, reference } of paid) {
    await receive(paymentEvent({ provider: provider.name, paymentId: reference, orderId, amount, currency }));
  }
  t.deepEqual(await stockOf(pool), stock);
  t.is(await count(pool, 'payments'), 80);
  // No sweep looks at the forty open payments here, and the test may take longer than the minute until their first look.
  await pool.query('UPDATE begun_payments SET due_at = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR WHERE is_open = 1');
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('the same of Stripe: intents, sessions, and payments that were begun elsewhere, each once', async (t) => {
  const { pool, receive, reconcile } = await shop(t);
  const server = await startStripe();
  t.teardown(server.close);
  const provider = createStripeProvider({ secretKey: 'sk_test_1', url: server.url });
  const desk = createDesk(pool, [provider]);
  const page = { as: 'page', returnUrl: 'https://shop.example.com/' } as const;
  for (let n = 0; n < 60; n++) {
    const { orderId } = await placeOrder(pool, { userId: n + 1 });
    const { reference } = await desk.begun(orderId, n % 2 === 0 ? page : {});
    server.payments.pay(reference);
  }
  t.like(await reconcile(provider), { listed: 60, found: { length: 60 }, different: [] });
  t.deepEqual(await statuses(pool), [['paid', 60]]);
  t.deepEqual(await rows(pool, 'SELECT DISTINCT state FROM begun_payments'), [{ state: 'paid' }]);
  for (const { id, metadata, amount, currency } of server.payments.intents()) {
    const orderId = metadata['orderId'] ?? '';
    const event = readStripeEvent(
      stripeEvent('payment_intent.succeeded', { paymentId: id, orderId, amount, currency }, { intent: { metadata } }),
    );
    if ('result' in event) return t.fail(event.result);
    t.is((await receive(event)).as, 'stored');
  }
  t.like(await reconcile(provider), { listed: 60, ours: 60, found: [], different: [] });
  t.is(await count(pool, 'payments'), 60);
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('a payment that the provider does not have, and one with another amount, are named, and nothing changes', async (t) => {
  const { pool, receive, reconcile } = await shop(t);
  const { provider, pay } = await startProvider(t);
  const [one, other] = [await placeOrder(pool), await placeOrder(pool)];
  await receive(paymentEvent({ ...one, provider: provider.name, paymentId: 'pay_unknown' }));
  const { reference } = await createDesk(pool, [provider]).begun(other.orderId);
  await pay(reference);
  await receive(paymentEvent({ ...other, amount: 1, provider: provider.name, paymentId: reference }));
  const { found, different } = await reconcile(provider);
  t.deepEqual(found, []);
  t.deepEqual(
    different.toSorted((a) => (a.paymentId === 'pay_unknown' ? -1 : 1)),
    [
      { paymentId: 'pay_unknown', orderId: one.orderId, amount: 1_250, currency: 'EUR', there: null },
      {
        ...{ paymentId: reference, orderId: other.orderId, amount: 1, currency: 'EUR' },
        there: { amount: 1_250, currency: 'EUR' },
      },
    ],
  );
});

test('two that reconcile at once, beside the webhooks, find each payment once', async (t) => {
  const { pool, url, receive, reconcile } = await shop(t);
  const { provider, pay } = await startProvider(t);
  const desk = createDesk(pool, [provider]);
  const paid = [];
  for (let n = 0; n < 30; n++) {
    const order = await placeOrder(pool, { userId: n + 1 });
    const { reference } = await desk.begun(order.orderId);
    await pay(reference);
    paid.push({ ...order, provider: provider.name, paymentId: reference });
  }
  const others = [1, 2].map(() => createSettlements(openPool(t, url)));
  await Promise.all([
    reconcile(provider),
    ...others.map((own) => reconcilePayments({ pool, receive: own.receive }, provider, span())),
    ...paid.map(({ orderId, amount, currency, paymentId }) =>
      receive(paymentEvent({ provider: provider.name, orderId, amount, currency, paymentId })),
    ),
  ]);
  t.deepEqual(await statuses(pool), [['paid', 30]]);
  t.is(await count(pool, 'payments'), 30);
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('a provider that is away ends the comparison, and what was found until then stays', async (t) => {
  const { pool, reconcile } = await shop(t);
  const { provider, pay, fault } = await startProvider(t);
  const { reference } = await createDesk(pool, [provider]).begun((await placeOrder(pool)).orderId);
  await pay(reference);
  await fault({ list: { failNext: 1 } });
  await t.throwsAsync(reconcile(provider), { code: 'dependency-unavailable' });
  t.like(await reconcile(provider), { found: { length: 1 } });
});
