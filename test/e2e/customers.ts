import { randomUUID } from 'node:crypto';
import anyTest, { type TestFn } from 'ava';
import type { Placed } from '../../src/cli/story/customer.js';
import { until } from '../../src/cli/story/until.js';
import { orderWorkflowId } from '../../workflows/contract.js';
import { adminToken, type System } from '../helpers/system.js';

/** Customers that are numbers, texts and guests, from the checkout to the search in the Web UI. */

const test = anyTest as TestFn<{ system: System }>;

async function request<T>(url: string, init: RequestInit = {}): Promise<{ status: number; body: T }> {
  const response = await fetch(url, init);
  return { status: response.status, body: (await response.json()) as T };
}

const buy = (url: string, userId: unknown, key: string = randomUUID()) =>
  request<Placed>(`${url}/checkout`, {
    method: 'POST',
    headers: { 'idempotency-key': key },
    body: JSON.stringify({ ...(userId !== null && { userId }), items: [{ sku: 'plenty', quantity: 1 }] }),
  });

const number = 9_007_199_254_740_000 + Math.trunc(Math.random() * 900);
const text = `ann+${randomUUID()}@example.org`;

for (const [who, given, shown] of [
  ['a number', number, number],
  ['a number as a text', String(number + 1), number + 1],
  ['a text', text, text],
  ['a guest', null, null],
] as const) {
  test(`an order of ${who} is shown with its customer, is found by operators and in the Web UI, and ends`, async (t) => {
    const { shopUrl, adminUrl, temporal, customers, observer } = t.context.system;
    const key = randomUUID();
    const { status, body } = await buy(shopUrl, given, key);
    t.is(status, 201);
    t.deepEqual((await buy(shopUrl, shown, key)).body, body, 'the same key again');
    t.like(await customers.look(body), { userId: shown, status: 'placed' });

    const asOperator = { headers: { authorization: `Bearer ${adminToken}` } };
    t.like((await request(`${adminUrl}/orders/${body.orderId}`, asOperator)).body, { userId: shown });
    if (shown !== null) {
      const query = `?customer=${encodeURIComponent(String(given))}&limit=1`;
      const { orders } = (await request<{ orders: object[] }>(`${adminUrl}/orders${query}`, asOperator)).body;
      t.like(orders, [{ orderId: body.orderId, userId: shown }]);
    }

    await customers.pay(body);
    await observer.ended(body.orderId, { status: 'paid', movement: 'sold' });
    const { workflowId, typedSearchAttributes } = await temporal.workflow
      .getHandle(orderWorkflowId(body.orderId))
      .describe();
    const attributes = typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]);
    t.is(Object.fromEntries(attributes).OrderCustomer, shown === null ? undefined : String(shown));
    const search = async () => {
      const found: string[] = [];
      const query =
        shown === null ? `WorkflowId = "${workflowId}" AND OrderCustomer IS NULL` : `OrderCustomer = "${shown}"`;
      for await (const workflow of temporal.workflow.list({ query })) found.push(workflow.workflowId);
      return found;
    };
    t.true((await until('the search to find the order', search, (found) => found.includes(workflowId))).length >= 1);
  });
}
