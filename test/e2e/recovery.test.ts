import { connect } from 'amqplib';
import anyTest, { type TestFn } from 'ava';
import { ORDER_CREATE_QUEUE } from '../../src/amqp/topology.js';
import { repair } from '../../src/cli/repair.js';
import type { Placed } from '../../src/cli/story/customer.js';
import { until } from '../../src/cli/story/until.js';
import type { Pool } from '../../src/db/driver/pool.js';
import { orderWorkflowId } from '../../workflows/contract.js';
import { orderStatusKey } from '../../workflows/search-attributes.js';
import { buyAsBackend } from '../helpers/backend.js';
import { placeOrder, shopDatabase } from '../helpers/database.js';
import { deleteWorkflow } from '../helpers/delete-workflow.js';
import { taskQueue } from '../helpers/servers.js';
import { product, type System, startSystem } from '../helpers/system.js';
import { noWorkflow } from '../helpers/temporal.js';

/** Lost workflows and messages: the reconciler starts their orders again. One system, one case at a time. */

const test = anyTest as TestFn<{ system: System }>;

test.before(async (t) => {
  t.context.system = await startSystem(
    [product('mug', 1_000)],
    { RECONCILE_AFTER: '1 second' },
    { shortWindow: '1 second' },
  );
});

test.after.always(async (t) => {
  const { findings } = await t.context.system.audit();
  await t.context.system.close();
  t.deepEqual(findings, [], 'the audit after all of it');
});

const buyOne = async (customers: System['customers']): Promise<Placed> =>
  (await customers.buy(1, [{ sku: 'mug', quantity: 1 }])).body;

const handleOf = ({ temporal }: System, { orderId }: Placed) => temporal.workflow.getHandle(orderWorkflowId(orderId));

test.serial('an order whose workflow was terminated by hand gets a new workflow, and is paid', async (t) => {
  const { system } = t.context;
  const order = await buyOne(system.customers);
  await system.observer.recorded(order.orderId);
  const { runId } = await handleOf(system, order).describe();
  await handleOf(system, order).terminate('by hand');
  await until(
    'another run',
    () => handleOf(system, order).describe(),
    (run) => run.runId !== runId,
  );
  await system.customers.pay(order);
  await system.observer.ended(order.orderId, { status: 'paid', movement: 'sold' });
  t.is((await system.customers.look(order)).status, 'paid');
});

test.serial('an order whose workflow was terminated gets a new workflow while other orders keep coming', async (t) => {
  const { system } = t.context;
  const order = await buyOne(system.customers);
  await system.observer.recorded(order.orderId);
  const { runId } = await handleOf(system, order).describe();
  await handleOf(system, order).terminate('by hand');
  let user = 1;
  await until(
    'another run',
    async () => {
      await system.customers.buy(++user, [{ sku: 'mug', quantity: 1 }]);
      return await handleOf(system, order).describe();
    },
    (run) => run.runId !== runId,
  );
  t.true(user > 5, 'others came meanwhile');
  await system.customers.pay(order);
  await system.observer.ended(order.orderId, { status: 'paid', movement: 'sold' });
});

test.serial('an order that Temporal has lost is canceled after its deadline', async (t) => {
  const { system } = t.context;
  await system.stop('bridge');
  await system.stop('worker');
  const order = await buyOne(system.shortWindowCustomers);
  await system.start('bridge');
  await until(
    'its workflow',
    () =>
      handleOf(system, order)
        .describe()
        .then(
          () => true,
          () => false,
        ),
    Boolean,
  );
  // Otherwise the bridge would start the workflow again while the test waits for its end.
  await system.stop('bridge');
  await deleteWorkflow(system.temporal, orderWorkflowId(order.orderId));
  await system.start('bridge');
  await system.start('worker');
  const { cancelReason } = await until(
    'the order to be canceled',
    () => system.shortWindowCustomers.look(order),
    ({ status }) => status === 'canceled',
  );
  t.is(cancelReason, 'payment-window-expired');
});

/** Loses the one message of the queue, as a broker without its data does. */
async function loseMessage(system: System): Promise<void> {
  const connection = await connect(system.amqpUrl);
  const channel = await connection.createChannel();
  await until(
    'the message',
    () => channel.checkQueue(ORDER_CREATE_QUEUE),
    ({ messageCount }) => messageCount === 1,
  );
  await channel.purgeQueue(ORDER_CREATE_QUEUE);
  await connection.close();
}

test.serial('an order whose message the broker lost is recorded and can be paid', async (t) => {
  const { system } = t.context;
  await system.stop('bridge');
  const order = await buyOne(system.customers);
  await loseMessage(system);
  await system.start('bridge');
  await system.observer.recorded(order.orderId);
  await system.customers.pay(order);
  await system.observer.ended(order.orderId, { status: 'paid', movement: 'sold' });
  t.is((await system.customers.look(order)).status, 'paid');
});

test.serial('an order that costs nothing, and whose message the broker lost, has a complete timeline', async (t) => {
  const { system } = t.context;
  await system.stop('bridge');
  const { body } = await buyAsBackend(system.shopUrl, {
    userId: 1,
    items: [{ sku: 'mug', quantity: 1, unitPrice: 0 }],
  });
  t.is(body.status, 'paid');
  await loseMessage(system);
  await system.start('bridge');
  const ended = await until(
    'the workflow',
    () => handleOf(system, body).describe().catch(noWorkflow),
    (found) => found?.status.name === 'COMPLETED',
  );
  t.is(ended?.typedSearchAttributes.get(orderStatusKey), 'paid');
});

test.serial('the audit names an order that no process ends, and the repair ends and names the order', async (t) => {
  const { system } = t.context;
  await system.stop('bridge');
  await system.stop('worker');
  const late = await buyOne(system.shortWindowCustomers);
  const open = await buyOne(system.customers);
  const broken = await until('the order to be overdue', system.audit, ({ findings }) => findings.length > 0);
  const found = broken.findings.filter(({ subject }) => subject === `order ${late.orderId}`);
  t.deepEqual(
    found.map(({ invariant }) => invariant),
    ['I2', 'I4'],
  );

  const said: string[] = [];
  const mend = () => repair({ ...system, say: (line) => void said.push(line) });
  await mend();
  t.true(
    said.some((line) => line.startsWith(`order ${late.orderId}: past its deadline, now canceled`)),
    said.join('\n'),
  );
  t.true(
    said.some((line) => line.startsWith(`order ${open.orderId}: no workflow ran for this order`)),
    said.join('\n'),
  );
  t.deepEqual((await system.audit()).findings, []);
  said.length = 0;
  await mend();
  t.deepEqual(said, [], 'a second repair finds nothing');
  await system.start('bridge');
  await system.start('worker');
});

/** Copies this order many times, as orders whose messages were published a minute ago and are lost. */
const multiply = (pool: Pool, orderId: string, times: number) =>
  pool.query(
    `INSERT INTO checkouts (order_id, user_id, idempotency_key, fingerprint, items, amount, currency, read_token,
       traceparent, created_at, expires_at, published_at)
     SELECT CONCAT(LEFT(order_id, 24), LPAD(seq.n, 12, '0')), user_id, seq.n, fingerprint, items, amount, currency,
       read_token, traceparent, created_at, expires_at, UTC_TIMESTAMP(3) - INTERVAL 1 MINUTE
     FROM checkouts, (WITH RECURSIVE s AS (SELECT 0 AS n UNION ALL SELECT n + 1 FROM s WHERE n < 99)
       SELECT a.n * 100 + b.n AS n FROM s a, s b) seq
     WHERE order_id = ? AND seq.n < ?`,
    [orderId, times],
  );

test.serial('a bridge that starts thousands of workflows again stops between two starts', async (t) => {
  const { system } = t.context;
  const { pool, url } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool);
  await multiply(pool, orderId, 3_500);
  await system.stop('bridge');
  // No worker polls this task queue.
  const env = { MYSQL_URL: url, TEMPORAL_TASK_QUEUE: taskQueue() };
  const bridge = await system.start('bridge', { env });
  const prefix = orderId.slice(0, 24);
  const started = async () => system.logs().split(`"orderId":"${prefix}`).length - 1;
  await until('the first workflows', started, (count) => count > 0);
  await system.stop('bridge');
  t.is(await bridge.ended, 'bridge ended (0)');
  t.true((await started()) < 1_000, 'less than what a turn looks at in one go');
  await system.start('bridge');
});
