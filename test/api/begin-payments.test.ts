import test, { type ExecutionContext } from 'ava';
import { auditDatabase } from '../../src/db/audit/audit.js';
import { storeReference } from '../../src/db/begun/begin.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import type { PaymentDesk } from '../../src/domain/begun-payment.js';
import { createStripeProvider } from '../../src/payments/stripe-provider.js';
import { faultyServer } from '../db/faulty-server.js';
import { watchedPool } from '../db/watched-pool.js';
import { begunRows, createDesk, passDeadline, startProvider } from '../helpers/begun.js';
import { count, openPool, placeOrder, rows, shopDatabase } from '../helpers/database.js';
import { startStripe } from '../helpers/stripe-server.js';

/** Payments that begin for an order, on a real database and at a provider that answers over HTTP. */

async function shop(t: ExecutionContext) {
  const { pool, url } = await shopDatabase(t);
  const provider = await startProvider(t);
  return { pool, ...provider, url, desk: createDesk(pool, [provider.provider]) };
}

const cancel = { kind: 'cancel', reason: 'customer-request' } as const;

test('a payment begins with the price of its order, and the same request is answered with the same payment', async (t) => {
  const { pool, desk, payments } = await shop(t);
  const { orderId } = await placeOrder(pool, { lines: [{ sku: 'mug', quantity: 2 }] });
  const first = await desk.begun(orderId);
  t.like(first, {
    orderId,
    provider: 'standard-webhooks',
    as: 'page',
    amount: 2_500,
    currency: 'EUR',
    replayed: false,
  });
  t.deepEqual(await desk.begun(orderId), { ...first, replayed: true });
  t.like(await payments(), { length: 1, 0: { paymentId: first.reference, status: 'open' } });
  t.deepEqual(await begunRows(pool), [{ state: 'begun', reference: first.reference, isOpen: 1, paymentId: null }]);
  t.deepEqual(await auditDatabase(pool, 60), []);
});

test('many requests at once, in two processes, begin one payment', async (t) => {
  const { pool, url, provider, payments } = await shop(t);
  const { orderId } = await placeOrder(pool);
  const processes = [pool, openPool(t, url)].map((own) => createDesk(own, [provider]));
  const answers = await Promise.all(processes.flatMap(({ begun }) => [begun(orderId), begun(orderId), begun(orderId)]));
  t.is(new Set(answers.map(({ reference }) => reference)).size, 1);
  t.is((await payments()).length, 1);
  t.is(await count(pool, 'begun_payments'), 1);
});

test("a payment whose process died before or after the provider's answer is begun once", async (t) => {
  const { pool, desk, fault, payments } = await shop(t);
  const { orderId } = await placeOrder(pool);
  for (const when of ['before', 'after']) {
    await fault({ begin: { failNext: 1, when } });
    await t.throwsAsync(desk.begun(orderId), { message: /not available/ });
    t.like(await begunRows(pool), { length: 1, 0: { state: 'begun', reference: null } });
  }
  const { reference } = await desk.begun(orderId);
  t.like(await payments(), { length: 1, 0: { paymentId: reference } });
});

for (const statement of ['INSERT INTO begun_payments', 'UPDATE orders', 'UPDATE begun_payments', 'COMMIT']) {
  test(`a KILL before ${statement} of a begin leads to one payment`, async (t) => {
    const { pool, url, provider, payments } = await shop(t);
    const { orderId } = await placeOrder(pool);
    let kills = 0;
    const watched = watchedPool(openPool(t, url, 1), {
      before: async (sql, connection) => {
        if (kills > 0 || !sql.includes(statement)) return;
        kills++;
        await pool.query(`KILL ${connection.threadId}`);
      },
    });
    const { reference } = await createDesk(watched, [provider]).begun(orderId);
    t.is(kills, 1);
    t.like(await payments(), { length: 1, 0: { paymentId: reference } });
    t.like(await begunRows(pool), { length: 1, 0: { reference, state: 'begun' } });
  });
}

test('a begin whose reply to COMMIT is lost finds its own row', async (t) => {
  const { pool, url, provider, payments } = await shop(t);
  const { orderId } = await placeOrder(pool);
  const server = await faultyServer(t, url);
  server.breakAt('COMMIT', 'lose the reply');
  await createDesk(openPool(t, server.url, 1), [provider]).begun(orderId);
  t.is(server.broken(), 1);
  t.is((await payments()).length, 1);
  t.is(await count(pool, 'begun_payments'), 1);
});

test('an order that is paid, canceled, past its deadline or free begins no payment, and the provider is not asked', async (t) => {
  const { pool, desk, payments } = await shop(t);
  const [canceled, overdue] = [await placeOrder(pool), await placeOrder(pool)];
  await settleOrder(pool, canceled.orderId, cancel);
  await passDeadline(pool, overdue.orderId);
  t.like(await desk.begin(canceled), { kind: 'ended', status: 'canceled' });
  t.like(await desk.begin(overdue), { kind: 'overdue' });
  const free = await placeOrder(pool, { lines: [{ sku: 'mug', quantity: 1, unitPrice: 0 }] });
  t.like(await desk.begin(free), { kind: 'free' });
  t.deepEqual(await payments(), []);
  t.is(await count(pool, 'begun_payments'), 0);
});

test('no customer gets a payment whose order was canceled while the provider answered: it is closed', async (t) => {
  const { pool, provider, payments } = await shop(t);
  const { orderId } = await placeOrder(pool);
  const slow: PaymentDesk = {
    ...provider.desk,
    async begin(order) {
      const made = await provider.desk.begin(order);
      await settleOrder(pool, orderId, cancel);
      return made;
    },
  };
  const desk = createDesk(pool, [{ ...provider, desk: slow }]);
  t.like(await desk.begin({ orderId }), { kind: 'ended', status: 'canceled' });
  t.like(await payments(), { length: 1, 0: { status: 'canceled' } });
  t.like(await begunRows(pool), { length: 1, 0: { state: 'closed', isOpen: null } });
});

test('a payment that its provider has closed makes room for another one, under another key', async (t) => {
  const { pool, desk, provider, payments } = await shop(t);
  const { orderId } = await placeOrder(pool);
  const first = await desk.begun(orderId);
  await provider.desk.close({ orderId, begunId: '', as: 'page', reference: first.reference });
  const second = await desk.begun(orderId);
  t.not(second.reference, first.reference);
  t.false(second.replayed);
  t.is((await payments()).length, 2);
  t.like(await begunRows(pool), { length: 2, 0: { state: 'closed' }, 1: { state: 'begun' } });
});

test('a payment that was paid and that no webhook has reported pays its order at the next request', async (t) => {
  const { pool, desk, pay } = await shop(t);
  const { orderId } = await placeOrder(pool);
  const { reference } = await desk.begun(orderId);
  await pay(reference);
  t.like(await desk.begin({ orderId }), { kind: 'ended', status: 'paid' });
  t.like(await rows(pool, 'SELECT status, payment_id AS paymentId FROM orders'), {
    0: { status: 'paid', paymentId: reference },
  });
  t.deepEqual(await begunRows(pool), [{ state: 'paid', reference, isOpen: null, paymentId: reference }]);
  t.deepEqual(await auditDatabase(pool, 60), []);
});

test('what the provider refuses for good is stored, and the next request asks again under another key', async (t) => {
  const { pool, provider, payments } = await shop(t);
  const { orderId } = await placeOrder(pool);
  let refuses = true;
  const desk: PaymentDesk = {
    ...provider.desk,
    begin: async (order) => (refuses ? { refused: 'the amount is too small' } : await provider.desk.begin(order)),
  };
  const { begin } = createDesk(pool, [{ ...provider, desk }]);
  t.deepEqual(await begin({ orderId }), { kind: 'refused', why: 'the amount is too small' });
  t.like(await begunRows(pool), { length: 1, 0: { state: 'refused', isOpen: null } });
  refuses = false;
  t.like(await begin({ orderId }), { kind: 'begun' });
  t.is((await payments()).length, 1);
});

test('an answer for another row is not stored', async (t) => {
  const { pool, desk } = await shop(t);
  const { orderId } = await placeOrder(pool);
  await desk.begun(orderId);
  t.false(await storeReference(pool, { begunId: 'another', orderId }, 'pay_1'));
  t.false((await begunRows(pool)).some(({ reference }) => reference === 'pay_1'));
});

test('a shop with two providers begins at the first one, or at the named one', async (t) => {
  const { pool, provider } = await shop(t);
  const server = await startStripe();
  t.teardown(server.close);
  const stripe = createStripeProvider({ secretKey: 'sk_test_1', url: server.url });
  const desk = createDesk(pool, [provider, stripe]);
  const { orderId } = await placeOrder(pool);
  t.is((await desk.begun(orderId)).provider, 'standard-webhooks');
  const intent = await desk.begun(orderId, { provider: 'stripe' });
  t.like(intent, { provider: 'stripe', as: 'client-secret' });
  t.is(intent.handle.clientSecret, server.payments.intents()[0]?.client_secret);
  const page = { provider: 'stripe', as: 'page', returnUrl: 'https://shop.example.com/' } as const;
  t.deepEqual(await desk.begin({ orderId, ...page }), { kind: 'begun-otherwise', as: 'client-secret' });
  t.like(await desk.begin({ orderId, provider: 'stripe', as: 'page' }), { kind: 'not-here', field: 'returnUrl' });
  t.like(await desk.begin({ orderId, as: 'client-secret' }), { kind: 'not-here', field: 'as' });
  t.deepEqual(await desk.begin({ orderId, provider: 'paypal' }), {
    kind: 'no-provider',
    known: ['standard-webhooks', 'stripe'],
  });
  const other = await placeOrder(pool);
  t.deepEqual((await desk.begun(other.orderId, page)).handle, { url: server.payments.sessions()[0]?.url ?? '' });
});
