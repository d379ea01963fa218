import test from 'ava';
import { Webhook } from 'standardwebhooks';
import type { Delivery } from '../../src/simulator/webhook-sender.js';
import { order, type Problem, secret, startShop, startSimulator } from './harness.js';

type Paid = { paymentId: string; webhookId: string; deliveries: Delivery[] };

test('a payment reaches the shop as a webhook with a valid signature', async (t) => {
  const shop = await startShop(t);
  const { post } = await startSimulator(t, shop.url);
  const { status, body } = await post<Paid>('/payments', order);
  t.is(status, 200);
  const [webhook] = shop.received;
  const payload = new Webhook(secret).verify(webhook?.body ?? '', webhook?.headers as Record<string, string>);
  t.like(payload, { type: 'payment.succeeded', data: { ...order, paymentId: body.paymentId } });
  t.is(webhook?.headers['webhook-id'], body.webhookId);
  t.regex(body.paymentId, /^pay_/);
  t.regex(body.webhookId, /^msg_/);
});

test("a failed payment is reported to the shop, with the caller's ids and address", async (t) => {
  const shop = await startShop(t);
  const { post, payment } = await startSimulator(t, 'http://127.0.0.1:9/nobody');
  const ids = { paymentId: 'pay_1', webhookId: 'msg_1' };
  await post<Paid>('/payments', { ...order, ...ids, type: 'payment.failed', webhookUrl: shop.url });
  t.is(shop.received[0]?.headers['webhook-id'], 'msg_1');
  t.is(JSON.parse(shop.received[0]?.body ?? '').type, 'payment.failed');
  t.is((await payment('pay_1')).status, 'failed');
});

test('a shop that does not answer gets the same bytes again until the shop accepts them', async (t) => {
  const shop = await startShop(t, 503, 'reset', 500);
  const { post, payment, simulator } = await startSimulator(t, shop.url);
  const { status, body } = await post<Paid>('/payments', order);
  t.is(status, 202);
  t.deepEqual(
    body.deliveries.map(({ attempt, status: answer }) => [attempt, answer]),
    [[1, 503]],
  );
  await simulator.idle();
  const { deliveries: made } = await payment(body.paymentId);
  t.deepEqual(
    made.map(({ attempt, status: answer }) => [attempt, answer]),
    [
      [1, 503],
      [2, null],
      [3, 500],
      [4, 204],
    ],
  );
  t.truthy(made[1]?.error);
  t.is(new Set(shop.received.map(({ body: bytes }) => bytes)).size, 1);
  t.is(new Set(shop.received.map(({ headers }) => headers['webhook-id'])).size, 1);
});

test('each attempt is signed at its own time, so that a late attempt is inside the tolerance', async (t) => {
  let now = Date.parse('2026-01-01T00:00:00Z');
  const clock = () => {
    now += 60_000;
    return new Date(now);
  };
  const shop = await startShop(t, 503);
  const { post, simulator } = await startSimulator(t, shop.url, { clock });
  await post<Paid>('/payments', order);
  await simulator.idle();
  const [first, second] = shop.received.map(({ headers }) => Number(headers['webhook-timestamp']));
  t.is((second ?? 0) - (first ?? 0), 60);
  t.not(shop.received[0]?.headers['webhook-signature'], shop.received[1]?.headers['webhook-signature']);
});

test('a webhook that is never accepted is not sent again after the last attempt', async (t) => {
  const shop = await startShop(t, ...Array<number>(10).fill(503));
  const { post, payment, simulator } = await startSimulator(t, shop.url, {
    retries: { attempts: 3, firstDelay: 1 },
  });
  const { body } = await post<Paid>('/payments', order);
  await simulator.idle();
  t.is((await payment(body.paymentId)).deliveries.length, 3);
  t.is(shop.received.length, 3);
});

test('a webhook that the shop refuses is not sent again', async (t) => {
  const shop = await startShop(t, 401);
  const { post, payment, simulator } = await startSimulator(t, shop.url);
  const { status, body } = await post<Paid>('/payments', order);
  t.is(status, 202);
  await simulator.idle();
  t.deepEqual(
    (await payment(body.paymentId)).deliveries.map(({ status: answer }) => answer),
    [401],
  );
});

test('one payment may be reported several times under one webhook id', async (t) => {
  const shop = await startShop(t);
  const { post } = await startSimulator(t, shop.url);
  const { body } = await post<Paid>('/payments', { ...order, times: 3 });
  t.is(body.deliveries.length, 3);
  t.deepEqual(
    shop.received.map(({ headers }) => headers['webhook-id']),
    Array<string>(3).fill(body.webhookId),
  );
});

test('a known payment is charged once, and is refused with another amount', async (t) => {
  const shop = await startShop(t);
  const { post, get } = await startSimulator(t, shop.url);
  const again = { ...order, paymentId: 'pay_1' };
  await post<Paid>('/payments', again);
  t.is((await post<Paid>('/payments', again)).status, 200);
  t.is((await post<Problem>('/payments', { ...again, amount: 1 })).status, 409);
  t.is((await get<{ payments: unknown[] }>('/payments')).body.payments.length, 1);
  t.is(shop.received.length, 2);
});

test('a request that is not valid names each wrong field and charges nothing', async (t) => {
  const { post, get } = await startSimulator(t, 'http://127.0.0.1:9/nobody');
  const wrong = { orderId: '', amount: 1.5, currency: 'euro', webhookUrl: 'ftp://x', price: 1 };
  const { status, type, body } = await post<Problem>('/payments', wrong);
  t.is(status, 422);
  t.regex(type ?? '', /^application\/problem\+json/);
  t.like(body, { status: 422, instance: '/payments' });
  t.deepEqual(body.errors?.map(({ pointer }) => pointer).sort(), [
    '#/amount',
    '#/currency',
    '#/orderId',
    '#/price',
    '#/webhookUrl',
  ]);
  t.is((await post<Problem>('/payments', '{"orderId"')).status, 400);
  t.is((await get<Problem>('/nothing')).status, 404);
  t.deepEqual((await get<{ payments: unknown[] }>('/payments')).body.payments, []);
});
