import test, { type ExecutionContext } from 'ava';
import type { Refund } from '../../src/simulator/ledger.js';
import { order, type Problem, startShop, startSimulator } from './harness.js';

const whole = { paymentId: 'pay_1', amount: order.amount, currency: order.currency, reason: 'paid too late' };

async function startPaid(t: ExecutionContext, type = 'payment.succeeded') {
  const shop = await startShop(t);
  const provider = await startSimulator(t, shop.url);
  await provider.post('/payments', { ...order, paymentId: 'pay_1', type });
  return provider;
}

test('a refund is made once, however often its key comes', async (t) => {
  const { refund, payment } = await startPaid(t);
  const first = await refund('key-1', whole);
  t.is(first.status, 201);
  t.like(first.body, { ...whole, status: 'succeeded' });
  const again = await Promise.all([refund('key-1', whole), refund('key-1', whole)]);
  t.deepEqual(
    again.map(({ status }) => status),
    [200, 200],
  );
  t.deepEqual(again[0]?.body, first.body);
  t.deepEqual((await payment('pay_1')).refunds, [first.body]);
});

test('a key that comes with another body is refused', async (t) => {
  const { refund, payment } = await startPaid(t);
  await refund('key-1', { ...whole, amount: 100 });
  const { status, body } = await refund<Problem>('key-1', whole);
  t.is(status, 422);
  t.regex(body.detail, /Idempotency-Key/);
  t.is((await payment('pay_1')).refunds.length, 1);
});

test('no more is refunded than was paid: the rest is refunded when less is left', async (t) => {
  const { refund, payment } = await startPaid(t);
  t.is((await refund('key-1', { ...whole, amount: 1000 })).status, 201);
  t.like(await refund('key-2', { ...whole, amount: 1000 }), { status: 201, body: { amount: 999 } });
  t.like(await refund('key-2', { ...whole, amount: 1000 }), { status: 200, body: { amount: 999 } });
  t.is((await refund('key-4', whole)).status, 410);
  const { refunds } = await payment('pay_1');
  t.is(
    refunds.reduce((sum, { amount }) => sum + amount, 0),
    order.amount,
  );
});

test('a payment that was never made cannot be refunded', async (t) => {
  const { refund } = await startPaid(t, 'payment.failed');
  t.is((await refund('key-1', whole)).status, 410);
  t.is((await refund('key-2', { ...whole, paymentId: 'pay_unknown' })).status, 404);
});

test('a refund without a key, in another currency or with wrong fields is refused', async (t) => {
  const { post, refund, payment } = await startPaid(t);
  t.is((await post<Problem>('/refunds', whole)).status, 400);
  t.is((await refund('key-1', { ...whole, currency: 'USD' })).status, 422);
  const { status, body } = await refund<Problem>('key-2', { ...whole, amount: -1 });
  t.is(status, 422);
  t.deepEqual(
    body.errors?.map(({ pointer }) => pointer),
    ['#/amount'],
  );
  t.deepEqual((await payment('pay_1')).refunds, []);
});

test('a refund without the token is refused when a token is set', async (t) => {
  const shop = await startShop(t);
  const { post, payment } = await startSimulator(t, shop.url, { token: 'a-token-for-refunds' });
  await post('/payments', { ...order, paymentId: 'pay_1' });
  const refund = (headers: object) => post('/refunds', whole, { 'idempotency-key': 'key-1', ...headers });
  t.is((await refund({})).status, 401);
  t.is((await refund({ authorization: 'Bearer another' })).status, 401);
  t.deepEqual((await payment('pay_1')).refunds, []);
  t.is((await refund({ authorization: 'Bearer a-token-for-refunds' })).status, 201);
});

test('injected faults fail the next refunds, and no refund is made', async (t) => {
  const { post, refund, payment } = await startPaid(t);
  await post('/faults', { refunds: { failNext: 2, status: 500 } });
  t.is((await refund('key-1', whole)).status, 500);
  t.is((await refund('key-1', whole)).status, 500);
  t.deepEqual((await payment('pay_1')).refunds, []);
  t.is((await refund('key-1', whole)).status, 201);
});

test('a fault after the refund loses the answer, and the key finds the refund again', async (t) => {
  const { post, refund, payment } = await startPaid(t);
  await post('/faults', { refunds: { failNext: 1, when: 'after' } });
  t.is((await refund('key-1', whole)).status, 503);
  const again = await refund<Refund>('key-1', whole);
  t.is(again.status, 200);
  t.deepEqual((await payment('pay_1')).refunds, [again.body]);
});
