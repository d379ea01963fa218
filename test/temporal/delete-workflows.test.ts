import test from 'ava';
import { until } from '../../src/cli/story/until.js';
import { deleteClosed } from '../../src/temporal/delete-workflows.js';
import { orderWorkflowId } from '../../workflows/contract.js';
import { createOrder, startClient } from '../helpers/temporal.js';

test('closed runs are deleted, and a workflow that runs is left alone', async (t) => {
  const { client, workflows, terminate, taskQueue } = startClient(t);
  const [twice, running] = [createOrder(), createOrder()];
  const start = (order: typeof twice) => workflows.startOrder({ ...order, expiresAt: order.expiresAt.toISOString() });
  await start(twice);
  await terminate(twice);
  await start(twice);
  await terminate(twice);
  await start(running);
  const runs = async () => (await client.workflow.count(`TaskQueue = '${taskQueue}'`)).count;
  await until('the index to have all runs', runs, (count) => count === 3);
  const ids = [twice, running, createOrder()].map(({ orderId }) => orderWorkflowId(orderId));
  const first = await deleteClosed(client, ids);
  t.deepEqual([...first.values()], ['being-deleted', 'running', 'nothing']);
  await until(
    'the closed runs to be gone',
    () => deleteClosed(client, ids),
    (left) => left.get(ids[0] ?? '') === 'nothing',
  );
  await until('the index to have one run', runs, (count) => count === 1);
  const handle = client.workflow.getHandle(ids[1] ?? '');
  t.is((await handle.describe()).status.name, 'RUNNING');
  await terminate(running);
  t.is((await deleteClosed(client, ids)).get(ids[1] ?? ''), 'being-deleted');
});
