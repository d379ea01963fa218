import { randomUUID } from 'node:crypto';
import anyTest, { type TestFn } from 'ava';
import fc from 'fast-check';
import { rows } from '../helpers/database.js';
import { buyOne, charge } from '../helpers/payments.js';
import { adminToken, product, type System, startSystem } from '../helpers/system.js';
import {
  badEndpoint,
  badProduct,
  badQuery,
  badRefund,
  badReplay,
  badStockChange,
  contradictingRefunds,
  contradictingReplays,
  refusedUrls,
  validChange,
  validProduct,
  validRefund,
  validReplay,
  withoutToken,
} from './bad-operators.js';
import { refused, type Sent, send } from './http-requests.js';
import { processesOf } from './processes.js';
import { replayable } from './replay.js';

/** Some two thousand bad requests to the operators' routes: each is refused, names its field, and changes nothing. */

interface Context {
  readonly system: System;
  readonly before: string;
  /** An order that is paid. */
  readonly orderId: string;
}
const test = anyTest as TestFn<Context>;

const stateOf = async ({ pool, shopUrl, bridgeUrl }: System): Promise<string> =>
  JSON.stringify([
    await rows(pool, 'SELECT * FROM products ORDER BY sku'),
    await rows(pool, 'SELECT * FROM stock_changes ORDER BY change_id'),
    await rows(pool, 'SELECT refund_id, amount, returned_lines FROM order_refunds ORDER BY refund_id'),
    await rows(pool, 'SELECT * FROM order_items'),
    await rows(pool, 'SELECT * FROM endpoints'),
    await rows(pool, 'SELECT * FROM event_deliveries'),
    await processesOf([shopUrl, bridgeUrl()]),
  ]);

const asOperator = (): Record<string, string> => ({
  authorization: `Bearer ${adminToken}`,
  'content-type': 'application/json',
  'idempotency-key': randomUUID(),
});

const put = (body: Buffer): Sent => ({ method: 'PUT', path: '/products/mug', headers: asOperator(), body });
const change = (body: Buffer): Sent => ({ ...put(body), method: 'POST', path: '/products/mug/stock-changes' });
const endpoint = (body: Buffer): Sent => ({ ...put(body), method: 'POST', path: '/endpoints' });
const replay = (body: Buffer): Sent => ({ ...put(body), method: 'POST', path: '/events/replay' });
const refund = (orderId: string, body: Buffer): Sent => ({
  ...put(body),
  method: 'POST',
  path: `/orders/${orderId}/refunds`,
});

test.before(async (t) => {
  const system = await startSystem([product('mug', 1_000)], { ENDPOINTS_ALLOW_PRIVATE: 'false' });
  const order = await buyOne(system.customers);
  await charge(system, order);
  const { orderId } = order;
  t.context = { system, before: '', orderId };
  for (const [sent, status] of [
    [put(Buffer.from(JSON.stringify(validProduct))), 200],
    [change(Buffer.from(JSON.stringify(validChange))), 201],
    [refund(orderId, Buffer.from(JSON.stringify(validRefund))), 201],
    [replay(Buffer.from(JSON.stringify(validReplay))), 200],
  ] as const) {
    t.is((await send(system.adminUrl, sent)).status, status, 'what is valid is taken');
  }
  t.context = { system, before: await stateOf(system), orderId };
});

test.after.always(async (t) => {
  const { system, before } = t.context;
  const after = await stateOf(system);
  await system.close();
  t.is(after, before, 'products, stock, ledger and processes are as they were');
});

interface Expected {
  readonly sent: Sent;
  readonly statuses: readonly number[];
  readonly field?: string | undefined;
}

const refusals = <T>(times: number, requests: fc.Arbitrary<T>, expectedOf: (request: T, orderId: string) => Expected) =>
  test.macro(async (t) => {
    const { system, orderId } = t.context;
    const property = fc.asyncProperty(requests, async (request) => {
      const { sent, statuses, field } = expectedOf(request, orderId);
      refused(await send(system.adminUrl, sent), statuses, field);
    });
    await t.notThrowsAsync(fc.assert(property, { ...replayable, numRuns: times }));
  });

const invalid = [400, 422];

test(
  'a product that is wrong in one place is refused',
  refusals(800, badProduct, ({ body, field }) => ({ sent: put(body), statuses: invalid, field })),
);

test(
  'a change of the stock that is wrong in one place is refused',
  refusals(800, badStockChange, ({ body, field }) => ({ sent: change(body), statuses: invalid, field })),
);

test(
  'a refund that is wrong in one place is refused',
  refusals(800, badRefund, ({ body, field }, orderId) => ({ sent: refund(orderId, body), statuses: invalid, field })),
);

test(
  'an endpoint that is wrong in one place is refused',
  refusals(400, badEndpoint, ({ body, field }) => ({ sent: endpoint(body), statuses: invalid, field })),
);

test(
  'a replay of events that is wrong in one place is refused',
  refusals(400, badReplay, ({ body, field }) => ({ sent: replay(body), statuses: invalid, field })),
);

test('a replay whose fields contradict one another is refused', async (t) => {
  const { system } = t.context;
  for (const { body, field } of contradictingReplays) {
    const answer = await send(system.adminUrl, replay(body));
    t.notThrows(() => refused(answer, [422], field), String(body).slice(0, 200));
  }
});

test('an endpoint at an address that is not allowed is refused', async (t) => {
  const { system } = t.context;
  for (const url of refusedUrls) {
    const answer = await send(system.adminUrl, endpoint(Buffer.from(JSON.stringify({ url }))));
    t.notThrows(() => refused(answer, [422], 'url'), url);
  }
});

test('a refund whose fields contradict one another is refused', async (t) => {
  const { system, orderId } = t.context;
  for (const { body, field } of contradictingRefunds) {
    const answer = await send(system.adminUrl, refund(orderId, body));
    t.notThrows(() => refused(answer, [422], field), String(body));
  }
});

test(
  'a list with a wrong parameter is refused',
  refusals(400, badQuery, ({ path, field }) => ({
    sent: { method: 'GET', path, headers: asOperator() },
    statuses: invalid,
    field,
  })),
);

test(
  'a request without the admin token is refused',
  refusals(100, withoutToken, (sent) => ({ sent, statuses: [401] })),
);
