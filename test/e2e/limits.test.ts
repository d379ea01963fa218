import { randomUUID } from 'node:crypto';
import anyTest, { type TestFn } from 'ava';
import { until } from '../../src/cli/story/until.js';
import { carriedOut } from '../helpers/cancel.js';
import { product, type System, startSystem } from '../helpers/system.js';

/** The limits of the API as it runs, set by its environment. One system, one at a time. */

const test = anyTest as TestFn<{ system: System }>;

test.before(async (t) => {
  const settings = {
    MAX_OPEN_ORDERS_PER_USER: '3',
    MAX_QUANTITY_PER_ORDER: '5',
    MAX_WAITING_CHECKOUTS: '4',
    RATE_LIMIT: '500',
  };
  t.context.system = await startSystem([product('mug', 100), product('slow', 100)], settings, {
    shortWindow: '30 minutes',
  });
});

test.after.always(async (t) => {
  const { findings } = await t.context.system.audit();
  await t.context.system.close();
  t.deepEqual(findings, [], 'the audit after all of it');
});

test.serial(
  'many checkouts of one user over two processes get three orders, and a canceled order frees a place',
  async (t) => {
    const { customers, shortWindowCustomers, shopUrl } = t.context.system;
    const wish = [{ sku: 'mug', quantity: 1 }];
    const answers: Awaited<ReturnType<typeof customers.buy>>[] = [];
    // No more at a time than may wait, so that a full queue refuses none.
    for (let round = 0; round < 10; round++) {
      answers.push(
        ...(await Promise.all(
          [customers, shortWindowCustomers, customers, shortWindowCustomers].map((way) => way.buy(7, wish)),
        )),
      );
    }
    t.is(answers.filter(({ status }) => status === 201).length, 3);
    const refused = answers.filter(({ status }) => status === 409);
    t.is(refused.length, 37);
    t.like(refused[0]?.body, { type: 'urn:order-bridge:problem:too-many-open-orders', limit: 3 });

    const mine = answers.find(({ status }) => status === 201)?.body;
    const headers = { authorization: `Bearer ${mine?.readToken}` };
    const cancel = () => fetch(`${shopUrl}/orders/${mine?.orderId}/cancel`, { method: 'POST', headers });
    t.is((await carriedOut(cancel)).status, 200);
    t.is((await customers.buy(7, wish)).status, 201);
    t.is((await customers.buy(7, wish)).status, 409);
  },
);

test.serial('an order of more units than allowed is refused', async (t) => {
  const { status, body } = await t.context.system.customers.buy(8, [{ sku: 'mug', quantity: 6 }]);
  t.is(status, 409);
  t.like(body, { type: 'urn:order-bridge:problem:too-many-units', limit: 5 });
});

test.serial(
  'checkouts beyond the limit of waiting checkouts are answered 503 while the database is blocked',
  async (t) => {
    const { customers, pool } = t.context.system;
    const connection = await pool.getConnection();
    t.teardown(async () => connection.destroy());
    await connection.query('START TRANSACTION');
    await connection.query("SELECT * FROM products WHERE sku = 'slow' FOR UPDATE");
    const answered: number[] = [];
    const all = Promise.all(
      Array.from({ length: 12 }, async (_, user) =>
        answered.push((await customers.buy(100 + user, [{ sku: 'slow', quantity: 1 }])).status),
      ),
    );
    await until(
      'the refused',
      async () => answered.length,
      (length) => length === 6,
    );
    t.deepEqual(answered, Array(6).fill(503));
    await connection.query('COMMIT');
    await all;
    t.deepEqual(answered.slice(6), Array(6).fill(201));
  },
);

test.serial('the API answers 429 to requests past the limit of an address', async (t) => {
  const { shopUrl } = t.context.system;
  let status = 404;
  for (let asked = 0; asked <= 500 && status !== 429; asked++) {
    status = (await fetch(`${shopUrl}/orders/${randomUUID()}`)).status;
  }
  t.is(status, 429);
});
