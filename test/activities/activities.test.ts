import { ApplicationFailure } from '@temporalio/common';
import test, { type ExecutionContext } from 'ava';
import { pino } from 'pino';
import { type ActivityDeps, createActivities } from '../../activities/index.js';
import { markCaptured, markCaptureFailed, markVoided } from '../../src/db/authorisations/outcomes.js';
import { findAuthorisation } from '../../src/db/authorisations/owed.js';
import { remindOfDeadline } from '../../src/db/deadlines/reminders.js';
import type { Pool } from '../../src/db/driver/pool.js';
import { createOrderRecorder } from '../../src/db/grouped-writes.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { refundPayment as personRefunds } from '../../src/db/payments/payment-changes.js';
import { showPayment } from '../../src/db/payments/payment-list.js';
import { findPayment, storeEvent } from '../../src/db/payments/payments.js';
import { markRefunded, markRefundFailed } from '../../src/db/payments/refunds.js';
import { retryRefund } from '../../src/db/refunds/refund-changes.js';
import { findRefund, markOrderRefunded, markOrderRefundFailed } from '../../src/db/refunds/refund-outcomes.js';
import type { PaymentProvider } from '../../src/domain/payment.js';
import { createHttpProvider } from '../../src/payments/http-provider.js';
import { createSimulator } from '../../src/simulator/create-simulator.js';
import type { OrderActivities } from '../../workflows/contract.js';
import { owe, paymentEvent } from '../db/payment-events.js';
import { CLOSE_WITHIN_MS, createDesk, passDeadline, startProvider } from '../helpers/begun.js';
import { placeOrder, shopDatabase } from '../helpers/database.js';
import { refundOf } from '../helpers/refunds.js';
import { webhookSecret } from '../helpers/system.js';

/** Each activity with a real database and a provider that answers over HTTP. */

interface Deps {
  readonly pool: Pool;
  readonly provider: string;
  readonly activities: OrderActivities;
}

const token = 'a-token-for-refunds';

async function setUp(t: ExecutionContext): Promise<Deps> {
  const { pool } = await shopDatabase(t);
  const logger = pino({ level: 'silent' });
  const simulator = createSimulator({ secret: webhookSecret, token, webhookUrl: 'http://127.0.0.1:9/', logger });
  const provider = await simulator.listen(0);
  t.teardown(() => simulator.close());
  const activities = createActivities({ ...storesOf(pool), providers: [createHttpProvider({ url: provider, token })] });
  return { pool, provider, activities };
}

const storesOf = (pool: Pool): Omit<ActivityDeps, 'providers'> => ({
  recordOrder: createOrderRecorder(pool),
  settleOrder: (orderId, cause) => settleOrder(pool, orderId, cause),
  findPayment: (paymentId) => findPayment(pool, paymentId),
  markRefunded: (paymentId, refundId, amount) => markRefunded(pool, paymentId, refundId, amount),
  markRefundFailed: (payment, why) => markRefundFailed(pool, payment, why),
  findAuthorisation: (paymentId) => findAuthorisation(pool, paymentId),
  markCaptured: (paymentId, amount) => markCaptured(pool, paymentId, amount),
  markCaptureFailed: (payment, attempt, why) => markCaptureFailed(pool, payment, attempt, why),
  markVoided: (paymentId) => markVoided(pool, paymentId),
  findRefund: (refundId) => findRefund(pool, refundId),
  markOrderRefunded: (refundId, ...made) => markOrderRefunded(pool, refundId, ...made),
  markOrderRefundFailed: (refund, why) => markOrderRefundFailed(pool, refund, why),
  remindOfDeadline: (orderId, expiresAt) => remindOfDeadline(pool, orderId, expiresAt),
  remindBeforeMs: undefined,
  closePayments: async () => ({ closed: 0, paid: 0, processing: 0 }),
});

const post = (url: string, body: object) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

/** A canceled order, and a payment that came after the cancel. */
async function latePayment({ pool, provider, activities }: Deps): Promise<{ orderId: string; paymentId: string }> {
  const { orderId, amount, currency } = await placeOrder(pool);
  await activities.recordOrder(orderId);
  await activities.settleOrder(orderId, { kind: 'cancel', reason: 'customer-request' });
  const paymentId = `pay_${orderId}`;
  await post(`${provider}/payments`, { paymentId, orderId, amount, currency });
  const event = { provider: 'standard-webhooks', eventId: paymentId, type: 'payment.succeeded' as const };
  await storeEvent(pool, { ...event, paymentId, orderId, amount, currency, bodySha256: Buffer.alloc(32) });
  return { orderId, paymentId };
}

const refundsOf = async ({ provider }: Deps, paymentId: string): Promise<{ refundId: string }[]> =>
  ((await (await fetch(`${provider}/payments/${paymentId}`)).json()) as { refunds: { refundId: string }[] }).refunds;

test("recordOrder returns the order's status, and a second call returns the same", async (t) => {
  const deps = await setUp(t);
  const { pool, activities } = deps;
  const { orderId, expiresAt } = await placeOrder(pool);
  const { expiresInMs, ...first } = await activities.recordOrder(orderId);
  const rest = { status: 'placed', cancelReason: null, paymentId: null, refund: null } as const;
  t.deepEqual(first, { orderId, expiresAt: expiresAt.toISOString(), ...rest });
  t.true(expiresInMs > 0);
  t.is((await activities.recordOrder(orderId)).status, 'placed');
});

test('recordOrder does not retry an order id that no checkout has', async (t) => {
  const { activities } = await setUp(t);
  const failure = await t.throwsAsync(activities.recordOrder('01a207a3-f01d-70a4-bd51-8970bf4d4c40'), {
    instanceOf: ApplicationFailure,
  });
  t.is(failure?.type, 'order-unknown');
});

test('settleOrder returns the owed refund until the refund is made', async (t) => {
  const deps = await setUp(t);
  const { activities } = deps;
  const { orderId, paymentId } = await latePayment(deps);
  const cause = { kind: 'payment', paymentId } as const;
  const owed = { paymentId, reason: 'order-canceled', price: '12.50 EUR' } as const;
  t.deepEqual((await activities.settleOrder(orderId, cause)).refund, owed);
  t.deepEqual((await activities.settleOrder(orderId, cause)).refund, owed, 'the second call');
  await activities.refundPayment(paymentId);
  t.is((await activities.settleOrder(orderId, cause)).refund, null);
});

test('refundPayment makes one refund, however often it runs', async (t) => {
  const deps = await setUp(t);
  const { activities } = deps;
  const { orderId, paymentId } = await latePayment(deps);
  await activities.settleOrder(orderId, { kind: 'payment', paymentId });
  const [first, second] = [await activities.refundPayment(paymentId), await activities.refundPayment(paymentId)];
  t.deepEqual(first, second);
  t.deepEqual(
    (await refundsOf(deps, paymentId)).map(({ refundId }) => refundId),
    [first.refundId],
  );
});

test('refundPayment that fails after the refund finds this refund by its key', async (t) => {
  const deps = await setUp(t);
  const { activities, provider, pool } = deps;
  const { orderId, paymentId } = await latePayment(deps);
  await activities.settleOrder(orderId, { kind: 'payment', paymentId });
  await post(`${provider}/faults`, { refunds: { failNext: 1, status: 503, when: 'after' } });
  await t.throwsAsync(activities.refundPayment(paymentId), { instanceOf: ApplicationFailure });
  t.is((await findPayment(pool, paymentId))?.status, 'refund_required');
  const { refundId } = await activities.refundPayment(paymentId);
  t.deepEqual(
    (await refundsOf(deps, paymentId)).map((refund) => refund.refundId),
    [refundId],
  );
  t.is((await findPayment(pool, paymentId))?.status, 'refunded');
});

test('refundPayment makes no refund that is not owed', async (t) => {
  const deps = await setUp(t);
  const { activities, provider, pool } = deps;
  const { orderId, amount, currency } = await placeOrder(pool);
  const [paymentId, refund] = ['fine', () => activities.refundPayment('fine')];
  await post(`${provider}/payments`, { paymentId, orderId, amount, currency });
  t.deepEqual(await refund(), { refundId: null }, 'no event is stored');
  await storeEvent(pool, paymentEvent({ provider: 'standard-webhooks', paymentId, orderId, amount, currency }));
  t.deepEqual(await refund(), { refundId: null }, 'the payment is not decided');
  await activities.settleOrder(orderId, { kind: 'payment', paymentId });
  t.deepEqual(await refund(), { refundId: null }, 'the payment was accepted');
  t.deepEqual(await refundsOf(deps, 'fine'), []);
});

test("refundPayment sends the provider's own payment id to the provider of the payment", async (t) => {
  const { pool } = await setUp(t);
  const asked: string[] = [];
  const provider = (name: string) =>
    bankOf(name, async ({ key, paymentId }) => {
      asked.push(`${name} ${key} ${paymentId}`);
      return { refundId: `by-${name}` };
    });
  const activities = createActivities({ ...storesOf(pool), providers: [provider('one'), provider('other')] });
  for (const name of ['one', 'other']) await owe(pool, { provider: name, paymentId: 'p-1' });
  t.deepEqual(await activities.refundPayment('other:p-1'), { refundId: 'by-other' });
  t.deepEqual(await activities.refundPayment('p-1'), { refundId: 'by-one' });
  t.deepEqual(asked, ['other refund:other:p-1 p-1', 'one refund:p-1 p-1']);
});

test('refundPayment names the provider and is retried until the provider is configured', async (t) => {
  const { pool } = await setUp(t);
  const { paymentId, provider } = paymentEvent({ provider: 'gone', paymentId: 'p-2' });
  await owe(pool, { provider, paymentId });
  const refund = (providers: readonly PaymentProvider[]) =>
    createActivities({ ...storesOf(pool), providers }).refundPayment(paymentId);
  const failure = await t.throwsAsync(refund([]), { instanceOf: ApplicationFailure });
  t.regex(failure?.message ?? '', /the payment provider "gone" is not available: not configured here/);
  t.like(failure, { type: 'dependency-unavailable', nonRetryable: false });
  t.is((await findPayment(pool, paymentId))?.status, 'refund_required');
  t.deepEqual(await refund([bankOf('gone', async () => ({ refundId: 'back' }))]), { refundId: 'back' });
});

/** A provider that only refunds. */
const bankOf = (name: string, refund: PaymentProvider['refund']): PaymentProvider => ({
  name,
  refund,
  capture: async () => ({ refused: 'nothing is authorised' }),
  void: async () => ({ refused: 'nothing is authorised' }),
});

const refusing = (name: string, keys: string[] = []): PaymentProvider =>
  bankOf(name, async ({ key }) => {
    keys.push(key);
    return { refused: 'the charge is disputed' };
  });

test('refundPayment stores a final refusal of the provider for a person, and does not send the refund again', async (t) => {
  const { pool } = await setUp(t);
  const [paymentId, keys] = [await owe(pool, { provider: 'bank' }), [] as string[]];
  const { refundPayment } = createActivities({ ...storesOf(pool), providers: [refusing('bank', keys)] });
  t.deepEqual(await refundPayment(paymentId), { refundId: null, refused: 'the charge is disputed' });
  t.like(await showPayment(pool, paymentId), { status: 'refund_failed', refundFailure: 'the charge is disputed' });
  t.deepEqual(await refundPayment(paymentId), { refundId: null });
  t.deepEqual(keys, [`refund:${paymentId}`]);
});

test("refundPayment uses a new key after a person's new try, and the same key at every retry", async (t) => {
  const { pool } = await setUp(t);
  const [paymentId, keys] = [await owe(pool, { provider: 'bank' }), [] as string[]];
  const { refundPayment } = createActivities({ ...storesOf(pool), providers: [refusing('bank', keys)] });
  for (let again = 0; again < 2; again++) {
    await refundPayment(paymentId);
    await personRefunds(pool, { paymentId, by: 'ann' });
  }
  await refundPayment(paymentId);
  t.deepEqual(keys, [`refund:${paymentId}`, `refund:${paymentId}:1`, `refund:${paymentId}:2`]);
});

test('refundPayment stores the refunded amount when the provider refunds less', async (t) => {
  const { pool } = await setUp(t);
  const paymentId = await owe(pool, { provider: 'bank' });
  const bank = bankOf('bank', async () => ({ refundId: 'rest', amount: 250 }));
  t.deepEqual(await createActivities({ ...storesOf(pool), providers: [bank] }).refundPayment(paymentId), {
    refundId: 'rest',
  });
  t.like(await showPayment(pool, paymentId), { status: 'refunded', refundId: 'rest', refundedAmount: 250 });
});

test('a recorded order says how long before the deadline its customer is reminded, and a reminder is made once', async (t) => {
  const { pool } = await setUp(t);
  const { orderId } = await placeOrder(pool);
  const { recordOrder, remindOfDeadline: remind } = createActivities({
    ...{ ...storesOf(pool), remindBeforeMs: 60_000 },
    providers: [],
  });
  const order = await recordOrder(orderId);
  t.is(order.remindBeforeMs, 60_000);
  t.deepEqual(await remind(orderId, order.expiresAt), { reminded: true });
  t.deepEqual(await remind(orderId, order.expiresAt), { reminded: false });
});

/** An order that its payment has paid, at the provider too. */
async function paidOrder({ pool, provider, activities }: Deps) {
  const { orderId, amount, currency } = await placeOrder(pool, { lines: [{ sku: 'mug', quantity: 2 }] });
  const paymentId = `pay_${orderId}`;
  await post(`${provider}/payments`, { paymentId, orderId, amount, currency });
  const event = { provider: 'standard-webhooks', eventId: paymentId, type: 'payment.succeeded' as const };
  await storeEvent(pool, { ...event, paymentId, orderId, amount, currency, bodySha256: Buffer.alloc(32) });
  await activities.settleOrder(orderId, { kind: 'payment', paymentId });
  return { orderId, paymentId };
}

test('refundOrder makes each part once, however often it runs, and also after a lost answer', async (t) => {
  const deps = await setUp(t);
  const { pool, provider, activities } = deps;
  const { orderId, paymentId } = await paidOrder(deps);
  const [first, second] = [
    await refundOf(pool, orderId, { amount: 500 }),
    await refundOf(pool, orderId, { all: true }),
  ];
  await post(`${provider}/faults`, { refunds: { failNext: 1, status: 503, when: 'after' } });
  await t.throwsAsync(activities.refundOrder(first.refundId), { instanceOf: ApplicationFailure });
  const made = await activities.refundOrder(first.refundId);
  t.deepEqual(await activities.refundOrder(first.refundId), made);
  await activities.refundOrder(second.refundId);
  t.like(await findRefund(pool, first.refundId), { state: 'refunded', providerRefundId: made.refundId });
  const amounts = ((await refundsOf(deps, paymentId)) as unknown as { amount: number }[]).map(({ amount }) => amount);
  t.deepEqual(amounts, [500, 2_000]);
});

test('refundOrder stores a final refusal for a person, and the next attempt has a key of its own', async (t) => {
  const deps = await setUp(t);
  const { pool, activities } = deps;
  const { orderId } = await paidOrder(deps);
  const { refundId } = await refundOf(pool, orderId, { amount: 500 });
  const keys: string[] = [];
  const refusing = bankOf('standard-webhooks', async ({ key }) => {
    keys.push(key);
    return { refused: 'the charge is disputed' };
  });
  const { refundOrder } = createActivities({ ...storesOf(pool), providers: [refusing] });
  t.deepEqual(await refundOrder(refundId), { refundId: null, refused: 'the charge is disputed' });
  t.deepEqual(await refundOrder(refundId), { refundId: null }, 'it waits for a person');
  await retryRefund(pool, { refundId, by: 'ann' });
  await refundOrder(refundId);
  t.deepEqual(keys, [`refund:${refundId}`, `refund:${refundId}:1`]);
  await retryRefund(pool, { refundId, by: 'ann' });
  t.truthy((await activities.refundOrder(refundId)).refundId);
  t.like(await findRefund(pool, refundId), { state: 'refunded', failure: null, attempt: 2 });
});

test('settleOrder says that payments are to be closed to a workflow that asks for it, and to an earlier one how long to wait', async (t) => {
  const { pool, activities } = await setUp(t);
  const { provider } = await startProvider(t);
  const { orderId } = await placeOrder(pool);
  await createDesk(pool, [provider]).begun(orderId);
  const before = await activities.settleOrder(orderId, { kind: 'expired' }, { closesPayments: true });
  t.is(before.closesPayments, undefined, 'before the deadline');
  await passDeadline(pool, orderId);
  const asked = await activities.settleOrder(orderId, { kind: 'expired' }, { closesPayments: true });
  t.like(asked, { status: 'placed', closesPayments: true });
  const earlier = await activities.settleOrder(orderId, { kind: 'expired' });
  t.is(earlier.closesPayments, undefined);
  for (const { expiresInMs } of [asked, earlier]) t.true(expiresInMs > 0 && expiresInMs <= CLOSE_WITHIN_MS);
});
