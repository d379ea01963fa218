import { randomUUID } from 'node:crypto';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import fc from 'fast-check';
import { count, rows } from '../helpers/database.js';
import { adminToken, checkoutToken, product, type System, startSystem } from '../helpers/system.js';
import { badBegin } from './bad-begins.js';
import { badBytes } from './bad-bytes.js';
import { badExtras, extrasOfCustomers, validExtras } from './bad-extras.js';
import {
  badCheckout,
  badCheckoutHeaders,
  badCheckoutToken,
  badExtension,
  badExtensionToken,
  badOrderRequest,
  badRoute,
  tooLarge,
  validCheckout,
} from './bad-requests.js';
import { badEvent, forged, signed } from './bad-webhooks.js';
import { refused, type Sent, send, sendBytes } from './http-requests.js';
import { processesOf } from './processes.js';
import { replayable } from './replay.js';

/** About four thousand bad requests to the API: each gets a 4xx with a problem document, and changes nothing. */

interface Context {
  readonly system: System;
  readonly before: string;
}
const test = anyTest as TestFn<Context>;

let cases = 0;

/** The state that no bad request may change: the stock, the rows, and the processes. */
const stateOf = async ({ pool, shopUrl, bridgeUrl, observer }: System): Promise<string> =>
  JSON.stringify([
    await Promise.all(['mug', 'lamp'].map(observer.stockOf)),
    await Promise.all(
      ['checkouts', 'orders', 'payments', 'begun_payments', 'payment_events', 'events'].map((table) =>
        count(pool, table),
      ),
    ),
    await processesOf([shopUrl, bridgeUrl()]),
  ]);

test.before(async (t) => {
  const system = await startSystem([product('mug', 1_000), product('lamp', 1_000)], { RATE_LIMIT: '0' });
  const { status, body } = await system.customers.buy(7, validCheckout.items);
  t.is(status, 201, 'what is valid is answered 201');
  await system.observer.recorded(body.orderId);
  const asBackend = { authorization: `Bearer ${checkoutToken}`, 'idempotency-key': randomUUID() };
  const withExtras = { ...checkout(Buffer.from(JSON.stringify(validExtras))), headers: asBackend };
  const placed = await send(system.shopUrl, withExtras);
  t.is(placed.status, 201, placed.text);
  await system.observer.recorded(JSON.parse(placed.text).orderId);
  t.context = { system, before: await stateOf(system) };
});

test.after.always(async (t) => {
  const { system, before } = t.context;
  const after = await stateOf(system);
  await system.close();
  t.is(after, before, 'stock, rows and processes are as they were');
  if (replayable.path === undefined) t.true(cases >= 4_000, `${cases} cases`);
});

const each = async <T>(
  t: ExecutionContext<Context>,
  times: number,
  requests: fc.Arbitrary<T>,
  check: (url: string, request: T) => Promise<void>,
): Promise<void> => {
  const { shopUrl } = t.context.system;
  const property = fc.asyncProperty(requests, async (request) => {
    cases++;
    await check(shopUrl, request);
  });
  await t.notThrowsAsync(fc.assert(property, { ...replayable, numRuns: times }));
};

const checkout = (body: Buffer): Sent => ({
  method: 'POST',
  path: '/checkout',
  headers: { 'idempotency-key': randomUUID(), 'content-type': 'application/json' },
  body,
});

test('a checkout whose body is wrong in one place is refused', async (t) => {
  await each(t, 1_600, badCheckout, async (url, { body, field }) => {
    refused(await send(url, checkout(body)), [400, 422], field);
  });
});

test('a checkout of the backend that adds something wrong is refused', async (t) => {
  await each(t, 1_000, badExtras, async (url, { body, field }) => {
    const sent = checkout(body);
    const headers = { ...sent.headers, authorization: `Bearer ${checkoutToken}` };
    refused(await send(url, { ...sent, headers }), [400, 422], field);
  });
});

test('a price or an adjustment of anybody else is refused', async (t) => {
  await each(t, 50, extrasOfCustomers, async (url, { body, field }) => {
    refused(await send(url, checkout(body)), [422], field);
  });
});

test('a checkout whose body is too large is refused', async (t) => {
  await each(t, 20, tooLarge, async (url, { body }) => {
    refused(await send(url, checkout(body)), [413]);
  });
});

test('a checkout with wrong headers is refused', async (t) => {
  await each(t, 250, badCheckoutHeaders, async (url, sent) => {
    refused(await send(url, sent), [400, 413, 415, 422]);
  });
});

test('a checkout with a wrong token is refused, also where a token is not needed', async (t) => {
  await each(t, 200, badCheckoutToken, async (url, sent) => {
    refused(await send(url, sent), [401]);
  });
});

test("a request for an unknown order, or for another customer's order, is refused", async (t) => {
  const [row] = (await t.context.system.pool.query('SELECT order_id FROM checkouts'))[0] as [{ order_id: string }];
  await each(t, 600, badOrderRequest(row.order_id), async (url, sent) => {
    refused(await send(url, sent), [400, 404]);
  });
});

const anyOrder = async ({ pool }: System): Promise<string> =>
  ((await pool.query('SELECT order_id FROM checkouts LIMIT 1'))[0] as [{ order_id: string }])[0].order_id;

test('a move of a deadline whose body is wrong in one place is refused, by the shop and by operators', async (t) => {
  const { system } = t.context;
  const path = `/orders/${await anyOrder(system)}/extend`;
  await each(t, 300, badExtension, async (url, { body, field }) => {
    for (const [base, token] of [
      [url, checkoutToken],
      [system.adminUrl, adminToken],
    ] as const) {
      const headers = { authorization: `Bearer ${token}` };
      refused(await send(base, { method: 'POST', path, headers, body }), [400, 422], field);
    }
  });
});

test('a payment that begins with something wrong in its body is refused, and its provider is not asked', async (t) => {
  const { system } = t.context;
  const [order] = await rows(system.pool, 'SELECT order_id AS orderId, read_token AS token FROM checkouts LIMIT 1');
  const headers = { authorization: `Bearer ${String(order?.['token'])}` };
  const path = `/orders/${String(order?.['orderId'])}/payments`;
  await each(t, 300, badBegin, async (url, { body, field }) => {
    refused(await send(url, { method: 'POST', path, headers, body }), [400, 422], field);
  });
  const answer = await fetch(`${system.providerUrl}/payments`);
  t.deepEqual(await answer.json(), { payments: [] });
});

test('a move of a deadline with a wrong token is refused', async (t) => {
  await each(t, 100, badExtensionToken(await anyOrder(t.context.system)), async (url, sent) => {
    refused(await send(url, sent), [401]);
  });
});

test('a path or a method without a route is refused', async (t) => {
  await each(t, 300, badRoute, async (url, sent) => {
    refused(await send(url, sent), [400, 404]);
  });
});

test('a signed webhook that cannot be understood is refused', async (t) => {
  await each(t, 800, badEvent, async (url, { body, field }) => {
    refused(await send(url, signed(body)), [400, 422], field);
  });
});

test('a webhook without a valid signature is refused', async (t) => {
  await each(t, 400, forged, async (url, sent) => {
    refused(await send(url, sent), [401]);
  });
});

test('bytes that are not HTTP are refused', async (t) => {
  await each(t, 300, badBytes, async (url, bytes) => {
    const answer = await sendBytes(url, bytes);
    const [, status = '', headers = ''] = /^HTTP\/1\.1 (\d{3}) [^\r]*\r\n(.*?)\r\n\r\n/s.exec(answer) ?? [];
    if (answer !== '' && !status.startsWith('4')) throw new Error(`answered ${answer.slice(0, 300)}`);
    if (answer !== '' && !/^content-type: application\/problem\+json/im.test(headers)) {
      throw new Error(`no problem+json: ${answer.slice(0, 300)}`);
    }
  });
});
