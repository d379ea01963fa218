import test from 'ava';
import type { Entry } from '../../src/simulator/entries.js';
import { order, startShop, startSimulator } from './harness.js';

/** `GET /ledger`: each movement of the shop's money. */

interface Page {
  readonly entries: readonly Entry[];
  readonly next?: string;
}

const names = ({ entries }: Page) =>
  entries.map(
    ({ kind, paymentId, refundId, disputeId, amount }) => `${kind} ${disputeId ?? refundId ?? paymentId} ${amount}`,
  );

test('each movement is in the ledger once: what is repeated, declined, closed or lost later moves nothing more', async (t) => {
  const shop = await startShop(t);
  const { post, get, refund } = await startSimulator(t, shop.url);
  const paid = { ...order, paymentId: 'pay_1' };
  await post('/payments', { ...paid, type: 'payment.failed' });
  await post('/payments', paid);
  await post('/payments', paid);
  const money = { paymentId: 'pay_1', currency: order.currency, amount: 300 };
  for (let time = 0; time < 2; time++) await refund('key-1', money);
  const { refundId: ours } = (await refund('key-1', money)).body;
  const { refundId } = (await post<{ refundId: string }>('/payments/pay_1/refunds', { amount: 200 })).body;
  for (let time = 0; time < 2; time++) await post(`/refunds/${refundId}/fail`, {});
  const disputes = [];
  for (const outcome of ['won', 'lost', undefined]) {
    const { disputeId } = (await post<{ disputeId: string }>('/payments/pay_1/disputes', { amount: 100 })).body;
    disputes.push(disputeId);
    if (outcome === undefined) continue;
    for (let time = 0; time < 2; time++) await post(`/disputes/${disputeId}/close`, { outcome });
  }
  const { body } = await get<Page>('/ledger');
  t.deepEqual(names(body), [
    `payment pay_1 ${order.amount}`,
    `refund ${ours} 300`,
    `refund ${refundId} 200`,
    `refund-failed ${refundId} 200`,
    `dispute ${disputes[0]} 100`,
    `dispute-reversed ${disputes[0]} 100`,
    `dispute ${disputes[1]} 100`,
    `dispute ${disputes[2]} 100`,
  ]);
  t.like(body.entries[0], { orderId: order.orderId, currency: 'EUR' });
  t.like(body.entries[1], { key: 'key-1' });
  t.false('key' in (body.entries[2] ?? {}));
  t.deepEqual(names((await get<Page>(`/ledger?of=${refundId}`)).body), [
    `refund ${refundId} 200`,
    `refund-failed ${refundId} 200`,
  ]);
});

test('what is authorised moves no money: a capture moves its part, and a void and an expiry move nothing', async (t) => {
  const shop = await startShop(t);
  const { post, get, refund } = await startSimulator(t, shop.url);
  const ids = ['pay_held', 'pay_part', 'pay_void', 'pay_expired'];
  for (const paymentId of ids) await post('/payments', { ...order, paymentId, type: 'payment.authorised' });
  t.deepEqual(names((await get<Page>('/ledger')).body), []);
  const key = { 'idempotency-key': 'key-1' };
  for (let time = 0; time < 2; time++) {
    await post('/payments/pay_part/capture', { amount: 400, currency: order.currency }, key);
    await post('/payments/pay_void/void', {}, key);
    await post('/payments/pay_expired/expire', {});
  }
  for (const paymentId of ids) await refund(`key-${paymentId}`, { paymentId, amount: 1_999, currency: order.currency });
  const { entries } = (await get<Page>('/ledger')).body;
  t.deepEqual(
    entries.map(({ kind, paymentId, amount }) => `${kind} ${paymentId} ${amount}`),
    ['payment pay_part 400', 'refund pay_part 400'],
  );
});

test('the ledger comes in pages, of a span, and a fault makes it fail', async (t) => {
  const shop = await startShop(t);
  let now = Date.UTC(2026, 0, 1);
  const clock = () => new Date(now);
  const { post, get } = await startSimulator(t, shop.url, { clock });
  for (let n = 0; n < 5; n++) {
    await post('/payments', { ...order, paymentId: `pay_${n}` });
    now += 60_000;
  }
  const first = (await get<Page>('/ledger?limit=3')).body;
  t.deepEqual(
    first.entries.map(({ paymentId }) => paymentId),
    ['pay_0', 'pay_1', 'pay_2'],
  );
  const last = (await get<Page>(`/ledger?limit=3&after=${first.next}`)).body;
  t.deepEqual(
    last.entries.map(({ paymentId }) => paymentId),
    ['pay_3', 'pay_4'],
  );
  t.is(last.next, undefined);
  const span = (await get<Page>('/ledger?since=2026-01-01T00:01:00.000Z&until=2026-01-01T00:03:00.000Z')).body;
  t.deepEqual(
    span.entries.map(({ paymentId }) => paymentId),
    ['pay_1', 'pay_2'],
  );
  t.is((await get('/ledger?since=yesterday')).status, 422);
  await post('/faults', { ledger: { failNext: 1, status: 500 } });
  t.is((await get('/ledger')).status, 500);
  t.is((await get('/ledger')).status, 200);
});
