import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { until } from '../../src/cli/story/until.js';
import { createKnownWorkflows } from '../../src/temporal/known-workflows.js';
import { orderStatusKey } from '../../workflows/search-attributes.js';
import { createOrder, inputOf, startClient } from '../helpers/temporal.js';

/** Orders in Temporal's index and in its histories, on a task queue that no worker polls. */

function knownUnderTest(t: ExecutionContext) {
  const started = startClient(t);
  const known = createKnownWorkflows(started.client, started);
  const seen = async (since?: Date) => {
    const all = [];
    for await (const page of known.pages({ since })) all.push(...page);
    return all.toSorted((a, b) => (a.orderId < b.orderId ? -1 : 1));
  };
  return { ...started, known, seen };
}

test('orders with running workflows are found among the given orders, and no other orders', async (t) => {
  const { workflows, known, terminate } = knownUnderTest(t);
  const [kept, gone, other] = [createOrder(), createOrder(), createOrder()];
  for (const order of [kept, gone, other]) await workflows.startOrder(inputOf(order));
  const asked = [kept.orderId, gone.orderId, randomUUID()];
  const among = async () => [...(await known.runningAmong(asked))].toSorted();
  await until('both in the index', among, ({ length }) => length === 2);
  await terminate(gone);
  t.deepEqual(await until('one order to leave the index', among, ({ length }) => length === 1), [kept.orderId]);
});

test('more orders than fit into one query are searched in several queries', async (t) => {
  const { workflows, known } = knownUnderTest(t);
  const order = createOrder();
  await workflows.startOrder(inputOf(order));
  const many = [...Array.from({ length: 450 }, () => randomUUID()), order.orderId];
  const found = await until(
    'the order in the index',
    () => known.runningAmong(many),
    ({ size }) => size > 0,
  );
  t.deepEqual([...found], [order.orderId]);
});

test('the orders in Temporal are listed with their last status, closed orders from a given time on', async (t) => {
  const { workflows, client, taskQueue, known, seen, terminate } = knownUnderTest(t);
  const ended = createOrder();
  await workflows.startOrder(inputOf(ended));
  await terminate(ended);
  const paid = randomUUID();
  // Such a workflow has a paid order, and still waits for a refund.
  await client.workflow.start('orderWorkflow', {
    taskQueue,
    workflowId: `order:${paid}`,
    typedSearchAttributes: [{ key: orderStatusKey, value: 'paid' }],
  });
  const wanted = [
    { orderId: ended.orderId, running: false, status: 'placed' },
    { orderId: paid, running: true, status: 'paid' },
  ].toSorted((a, b) => (a.orderId < b.orderId ? -1 : 1));
  const long = new Date('2000-01-01T00:00:00Z');
  const both = await until(
    'both in the index',
    () => seen(long),
    (all) => all.length === 2 && all.filter(({ running }) => running).length === 1,
  );
  t.deepEqual(both, wanted as typeof both);
  t.deepEqual(
    await seen(),
    both.filter(({ running }) => running),
  );
  t.deepEqual(
    await seen(new Date(Date.now() + 3_600_000)),
    both.filter(({ running }) => running),
  );
  t.deepEqual([...(await known.paidAmong([ended.orderId, paid, randomUUID()]))], [paid]);
});

test('the newest run returns whether it runs, and the result of a completed run', async (t) => {
  const { workflows, known, end } = knownUnderTest(t);
  const order = createOrder();
  t.deepEqual(await known.lastRun(order.orderId), { running: false });
  await workflows.startOrder(inputOf(order));
  t.deepEqual(await known.lastRun(order.orderId), { running: true });
  await end(order, { status: 'paid', cancelReason: null });
  t.deepEqual(await known.lastRun(order.orderId), { running: false, ended: { status: 'paid', cancelReason: null } });
});
