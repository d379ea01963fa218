import test, { type ExecutionContext } from 'ava';
import { order, type PaymentView, type Problem, startShop, startSimulator } from './harness.js';

/** Payments that the shop begins and a customer pays on a page. */

const returnUrl = 'http://shop.example.com/thanks';

async function setUp(t: ExecutionContext, ...answers: number[]) {
  const shop = await startShop(t, ...answers);
  const provider = await startSimulator(t, shop.url);
  const begin = (key: string, body: object = order) =>
    provider.post<PaymentView & { url: string } & Pick<Problem, 'errors'>>('/payments/begin', body, {
      'idempotency-key': key,
    });
  const choose = async (url: string, choice: string) => {
    const answer = await fetch(url, { method: 'POST', body: new URLSearchParams({ choice }), redirect: 'manual' });
    return { status: answer.status, to: answer.headers.get('location') };
  };
  return { ...provider, shop, begin, choose };
}

test('a payment begins once under its key, and another body under the key is refused', async (t) => {
  const { begin, get } = await setUp(t);
  const first = await begin('k1');
  t.like(first, { status: 201, body: { ...order, status: 'open' } });
  t.like(await begin('k1'), { status: 200, body: { paymentId: first.body.paymentId } });
  t.is((await begin('k1', { ...order, amount: 1 })).status, 422);
  t.is((await begin('')).status, 400);
  const wrong = await begin('k2', { ...order, amount: 0, returnUrl: 'x' });
  t.deepEqual(
    wrong.body.errors?.map(({ pointer }) => pointer),
    ['#/amount', '#/returnUrl'],
  );
  t.is((await get<{ payments: unknown[] }>('/payments')).body.payments.length, 1);
});

test('the customer pays on the page: one webhook, and back to the shop', async (t) => {
  const { begin, choose, shop, payment } = await setUp(t);
  const { url, paymentId } = (await begin('k1', { ...order, returnUrl })).body;
  const page = await fetch(url);
  t.is(page.headers.get('content-type'), 'text/html; charset=utf-8');
  const html = await page.text();
  t.true(html.includes('19.99 EUR') && html.includes('value="pay"'));
  for (let time = 0; time < 2; time++) t.deepEqual(await choose(url, 'pay'), { status: 303, to: returnUrl });
  t.is(shop.received.length, 1);
  t.like(JSON.parse(shop.received[0]?.body ?? ''), { type: 'payment.succeeded', data: { paymentId, ...order } });
  t.like(await payment(paymentId), { status: 'succeeded' });
  t.true((await (await fetch(url)).text()).includes('Paid.'));
});

test('a declined card leaves the payment open for another try', async (t) => {
  const { begin, choose, shop } = await setUp(t);
  const { url } = (await begin('k1')).body;
  await choose(url, 'decline');
  t.like(JSON.parse(shop.received[0]?.body ?? ''), { type: 'payment.failed' });
  t.true((await (await fetch(url)).text()).includes('declined'));
  t.is((await choose(url, 'pay')).status, 303);
  t.like(JSON.parse(shop.received[1]?.body ?? ''), { type: 'payment.succeeded' });
  t.is((await choose(url, 'steal')).status, 422);
});

test('a payment that is canceled cannot be paid, and one that is paid cannot be canceled', async (t) => {
  const { begin, choose, post } = await setUp(t);
  const [one, other] = [(await begin('k1')).body, (await begin('k2')).body];
  for (let time = 0; time < 2; time++) {
    t.like(await post(`/payments/${one.paymentId}/cancel`, {}), { status: 200, body: { status: 'canceled' } });
  }
  t.is((await choose(one.url, 'pay')).status, 409);
  t.is((await post('/payments', { ...order, paymentId: one.paymentId })).status, 409);
  await choose(other.url, 'pay');
  t.like(await post(`/payments/${other.paymentId}/cancel`, {}), { status: 200, body: { status: 'succeeded' } });
  t.is((await post('/payments/pay_nobody/cancel', {})).status, 404);
});

test('the list has pages and a span of time', async (t) => {
  const { begin, get } = await setUp(t);
  const ids: string[] = [];
  for (let n = 0; n < 5; n++) ids.push((await begin(`k${n}`)).body.paymentId);
  const listed: string[] = [];
  for (let after = ''; ; ) {
    const page = await get<{ payments: PaymentView[]; next?: string }>(`/payments?limit=2${after}`);
    listed.push(...page.body.payments.map(({ paymentId }) => paymentId));
    if (page.body.next === undefined) break;
    after = `&after=${page.body.next}`;
  }
  t.deepEqual(listed, ids);
  const future = new Date(Date.now() + 60_000).toISOString();
  t.deepEqual((await get(`/payments?since=${future}`)).body, { payments: [] });
  t.like((await get(`/payments?until=${future}`)).body, { payments: { length: 5 } });
  t.is((await get('/payments?since=yesterday')).status, 422);
});

test('faults: each call can fail before or after its work, and webhooks never come', async (t) => {
  const { begin, choose, get, post, shop } = await setUp(t);
  await post('/faults', { begin: { failNext: 1, when: 'after', status: 500 } });
  t.is((await begin('k1')).status, 500);
  const { url, paymentId } = (await begin('k1')).body;
  await post('/faults', { retrieve: { failNext: 1 }, cancel: { failNext: 1 }, list: { failNext: 1, status: 502 } });
  t.is((await get(`/payments/${paymentId}`)).status, 503);
  t.is((await post(`/payments/${paymentId}/cancel`, {})).status, 503);
  t.is((await get('/payments')).status, 502);
  await post('/faults', { webhooks: { dropNext: 1 } });
  await choose(url, 'pay');
  t.deepEqual(shop.received, []);
  t.like(await get(`/payments/${paymentId}`), { status: 200, body: { status: 'succeeded', deliveries: [] } });
  t.is((await post('/faults', { refunds: { failNext: -1 } })).status, 422);
});

test("a shop's token is needed to begin and to cancel", async (t) => {
  const shop = await startShop(t);
  const { post } = await startSimulator(t, shop.url, { token: 'secret' });
  t.is((await post('/payments/begin', order, { 'idempotency-key': 'k' })).status, 401);
  t.is((await post('/payments/pay_1/cancel', {})).status, 401);
  t.is((await post('/payments/begin', order, { 'idempotency-key': 'k', authorization: 'Bearer secret' })).status, 201);
});
