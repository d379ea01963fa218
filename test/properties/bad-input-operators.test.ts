import { randomUUID } from 'node:crypto';
import anyTest, { type TestFn } from 'ava';
import fc from 'fast-check';
import { rows } from '../helpers/database.js';
import { adminToken, product, type System, startSystem } from '../helpers/system.js';
import { badProduct, badQuery, badStockChange, validChange, validProduct, withoutToken } from './bad-operators.js';
import { problemOf, type Sent, send } from './http-requests.js';
import { processesOf } from './processes.js';
import { replayable } from './replay.js';

/** Some two thousand bad requests to the operators' routes: each is refused, names its field, and changes nothing. */

interface Context {
  readonly system: System;
  readonly before: string;
}
const test = anyTest as TestFn<Context>;

const stateOf = async ({ pool, shopUrl, bridgeUrl }: System): Promise<string> =>
  JSON.stringify([
    await rows(pool, 'SELECT * FROM products ORDER BY sku'),
    await rows(pool, 'SELECT * FROM stock_changes ORDER BY change_id'),
    await processesOf([shopUrl, bridgeUrl()]),
  ]);

const asOperator = (): Record<string, string> => ({
  authorization: `Bearer ${adminToken}`,
  'content-type': 'application/json',
  'idempotency-key': randomUUID(),
});

const put = (body: Buffer): Sent => ({ method: 'PUT', path: '/products/mug', headers: asOperator(), body });
const change = (body: Buffer): Sent => ({ ...put(body), method: 'POST', path: '/products/mug/stock-changes' });

test.before(async (t) => {
  const system = await startSystem([product('mug', 1_000)]);
  t.context = { system, before: '' };
  for (const [sent, status] of [
    [put(Buffer.from(JSON.stringify(validProduct))), 200],
    [change(Buffer.from(JSON.stringify(validChange))), 201],
  ] as const) {
    t.is((await send(system.adminUrl, sent)).status, status, 'what is valid is taken');
  }
  t.context = { system, before: await stateOf(system) };
});

test.after.always(async (t) => {
  const { system, before } = t.context;
  const after = await stateOf(system);
  await system.close();
  t.is(after, before, 'products, stock, ledger and processes are as they were');
});

/** @throws when the request is not refused with one of these statuses, or a 422 does not name the field */
async function refused(url: string, sent: Sent, statuses: readonly number[], field?: string): Promise<void> {
  const answer = await send(url, sent);
  const problem = problemOf(answer);
  if (typeof problem === 'string') throw new Error(problem);
  if (!statuses.includes(problem.status)) throw new Error(`${problem.status} instead of ${statuses}: ${answer.text}`);
  if (problem.status !== 422 || field === undefined) return;
  const fields = problem.errors?.map((error) => error.field) ?? [];
  if (!fields.some((named) => named.startsWith(field) || field.startsWith(named))) {
    throw new Error(`${field} is not among the fields named: ${fields}`);
  }
}

const refusals = <T>(times: number, requests: fc.Arbitrary<T>, check: (url: string, request: T) => Promise<void>) =>
  test.macro(async (t) => {
    const { adminUrl } = t.context.system;
    const property = fc.asyncProperty(requests, (request) => check(adminUrl, request));
    await t.notThrowsAsync(fc.assert(property, { ...replayable, numRuns: times }));
  });

test(
  'a product that is wrong in one place is refused',
  refusals(800, badProduct, (url, { body, field }) => refused(url, put(body), [400, 422], field)),
);

test(
  'a change of the stock that is wrong in one place is refused',
  refusals(800, badStockChange, (url, { body, field }) => refused(url, change(body), [400, 422], field)),
);

test(
  'a list with a wrong parameter is refused',
  refusals(400, badQuery, (url, { path, field }) =>
    refused(url, { method: 'GET', path, headers: asOperator() }, [400, 422], field),
  ),
);

test(
  'a request without the admin token is refused',
  refusals(100, withoutToken, (url, sent) => refused(url, sent, [401])),
);
