import { randomUUID } from 'node:crypto';
import anyTest, { type TestFn } from 'ava';
import { metric } from '../helpers/payments.js';
import type { System } from '../helpers/system.js';

/** Checkout as its clients see it. */

const test = anyTest as TestFn<{ system: System }>;

test('one of fifty concurrent checkouts of the last unit succeeds, and 49 are answered out of stock', async (t) => {
  const { customers, observer } = t.context.system;
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, user) => customers.buy(user + 1, [{ sku: 'last', quantity: 1 }])),
  );
  t.is(answers.filter(({ status }) => status === 201).length, 1);
  const refused = answers.filter(({ status }) => status === 409);
  t.is(refused.length, 49);
  const problem = refused[0]?.body as unknown as { type: string; lines: unknown };
  t.true(problem.type.endsWith('out-of-stock'));
  t.deepEqual(problem.lines, [{ sku: 'last', requested: 1, available: 0 }]);
  t.deepEqual(await observer.stockOf('last'), { sku: 'last', initial: 1, available: 0, reserved: 1, sold: 0 });
});

test('the same key and body get the same answer and one reservation, also at the same time', async (t) => {
  const { customers, observer } = t.context.system;
  const key = randomUUID();
  const wish = [{ sku: 'twice', quantity: 2 }];
  const answers = await Promise.all(Array.from({ length: 10 }, () => customers.buy(7, wish, key)));
  for (const answer of answers) t.deepEqual(answer, answers[0]);
  t.is(answers[0]?.status, 201);
  t.is(await observer.checkoutsWith(7, key), 1);
  t.is((await observer.stockOf('twice')).reserved, 2);
});

test('the same key with another body is refused with 422 and reserves nothing', async (t) => {
  const { customers, observer } = t.context.system;
  const key = randomUUID();
  t.is((await customers.buy(8, [{ sku: 'rare', quantity: 1 }], key)).status, 201);
  t.is((await customers.buy(8, [{ sku: 'rare', quantity: 2 }], key)).status, 422);
  t.is((await observer.stockOf('rare')).reserved, 1);
});

test('lines of one SKU become one line, and prices come from the catalogue', async (t) => {
  const { customers } = t.context.system;
  const { status, body } = await customers.buy(9, [
    { sku: 'plenty', quantity: 1 },
    { sku: 'cup', quantity: 1 },
    { sku: 'plenty', quantity: 2 },
  ]);
  t.is(status, 201);
  t.is(body.amount, 4 * 1250);
  const seen = (await customers.look(body)) as unknown as { items: unknown };
  t.deepEqual(seen.items, [
    { sku: 'cup', quantity: 1, unitPrice: 1250 },
    { sku: 'plenty', quantity: 3, unitPrice: 1250 },
  ]);
});

test('an order is read only with its own token, and a 404 does not say whether the order exists', async (t) => {
  const { customers, shopUrl } = t.context.system;
  const { body: mine } = await customers.buy(10, [{ sku: 'plenty', quantity: 1 }]);
  const { body: other } = await customers.buy(11, [{ sku: 'plenty', quantity: 1 }]);
  const read = async (orderId: string, token: string) => {
    const response = await fetch(`${shopUrl}/orders/${orderId}`, { headers: { authorization: `Bearer ${token}` } });
    const { status, detail } = (await response.json()) as { status: number; detail: string };
    return { status, detail };
  };
  const wrongToken = await read(mine.orderId, other.readToken);
  t.is(wrongToken.status, 404);
  t.deepEqual(await read(randomUUID(), mine.readToken), wrongToken);
});

test('a wrong body gets a problem that names the field, and nothing is reserved', async (t) => {
  const { shopUrl, observer } = t.context.system;
  const before = await observer.stockOf('untouched');
  const send = async (body: string, headers: Record<string, string> = { 'idempotency-key': randomUUID() }) => {
    const response = await fetch(`${shopUrl}/checkout`, { method: 'POST', headers, body });
    t.is(response.headers.get('content-type'), 'application/problem+json');
    const problem = (await response.json()) as { status: number; errors?: { field: string }[] };
    return [problem.status, problem.errors?.[0]?.field];
  };
  const wish = (line: object) => JSON.stringify({ userId: 1, items: [line] });
  t.deepEqual(await send(wish({ sku: 'untouched', quantity: 1 }), {}), [400, 'Idempotency-Key']);
  t.deepEqual(await send('{'), [400, 'body']);
  t.deepEqual(await send(wish({ sku: 'untouched', quantity: 0 })), [422, 'items[0].quantity']);
  t.deepEqual(await send(wish({ sku: 'untouched', quantity: '2' })), [422, 'items[0].quantity']);
  t.deepEqual(await send(wish({ sku: 'untouched', quantity: 1, price: 1 })), [422, 'items[0].price']);
  t.deepEqual(await send(wish({ sku: 'nothing', quantity: 1 })), [422, 'items[0].sku']);
  t.deepEqual(await send(JSON.stringify({ userId: ' ', items: [] })), [422, 'userId']);
  t.deepEqual(await send(`{"userId": 1, "items": "${'x'.repeat(70_000)}"}`), [413, 'body']);
  t.deepEqual(await observer.stockOf('untouched'), before);
});

test('the API reports its state, and serves its description', async (t) => {
  const { shopUrl } = t.context.system;
  const get = async (path: string) => await fetch(`${shopUrl}${path}`);
  t.is((await get('/livez')).status, 200);
  const ready = (await (await get('/readyz')).json()) as { dependencies: Record<string, { status: string }> };
  t.deepEqual(
    Object.values(ready.dependencies).map(({ status }) => status),
    ['up', 'up', 'up'],
  );
  t.regex(await (await get('/metrics')).text(), /orders_checkouts_total/);
  // The series exist before their first event, because PromQL's `increase` misses an event that creates its series.
  const begun = [
    [shopUrl, /^orders_checkouts_total\{result="unavailable",.* 0$/],
    [shopUrl, /^orders_webhook_events_total\{.*type="unknown",result="unreadable",.* 0$/],
    [t.context.system.bridgeUrl(), /^orders_deliveries_total\{queue="order_bridge_create_queue",outcome="park",.* 0$/],
    [t.context.system.bridgeUrl(), /^orders_swept_total\{what="unplaced",.* 0$/],
  ] as const;
  for (const [url, line] of begun) t.is(await metric(url, line), 0, String(line));
  const { paths } = (await (await get('/openapi.json')).json()) as { paths: Record<string, unknown> };
  t.true('/checkout' in paths && '/orders/{orderId}' in paths && '/webhooks/payment' in paths);
  t.is((await get('/docs/')).status, 200);
  t.is((await get('/nothing')).status, 404);
});
