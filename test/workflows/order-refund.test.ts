import { randomUUID } from 'node:crypto';
import test from 'ava';
import { ORDER_REFUND_WORKFLOW, orderRefundWorkflowId } from '../../workflows/contract.js';
import { dropSdkLogs, withLife } from './life.js';

dropSdkLogs();

const refund = () => ({ refundId: randomUUID(), orderId: randomUUID(), amount: 500, currency: 'EUR' });

test('a refund of an order is made through failures, names its amount and links its order, and starts once', async (t) => {
  let failures = 2;
  const flaky = async () => {
    if (failures-- > 0) throw new Error('the provider is away');
    return { refundId: 're_1' };
  };
  await withLife({ refundOrder: flaky }, async ({ client, workflows, returned }) => {
    const owed = refund();
    t.is(await workflows.startOrderRefund(owed), 'started');
    t.is(await workflows.startOrderRefund(owed), 'already-started');
    const workflow = client.workflow.getHandle(orderRefundWorkflowId(owed.refundId));
    t.deepEqual(await workflow.result(), { refundId: 're_1' });
    t.deepEqual(returned, [owed.refundId]);
    const described = await workflow.describe();
    t.is(described.type, ORDER_REFUND_WORKFLOW);
    t.is(await described.staticSummary(), `Refund of 5.00 EUR of order ${owed.orderId}`);
    t.regex((await described.staticDetails()) ?? '', new RegExp(`order%3A${owed.orderId}`));
  });
});

test('a refund that the provider refuses for good fails its workflow, and may start again', async (t) => {
  const answers = [{ refundId: null, refused: 'disputed' }, { refundId: 're_2' }];
  await withLife({ refundOrder: async () => answers.shift() ?? { refundId: null } }, async ({ client, workflows }) => {
    const owed = refund();
    await workflows.startOrderRefund(owed);
    const result = () => client.workflow.getHandle(orderRefundWorkflowId(owed.refundId)).result();
    await t.throwsAsync(result(), { message: 'Workflow execution failed' });
    t.is(await workflows.startOrderRefund(owed), 'started');
    t.deepEqual(await result(), { refundId: 're_2' });
  });
});
