import { randomUUID } from 'node:crypto';
import test from 'ava';
import { CAPTURE_WORKFLOW, captureWorkflowId } from '../../workflows/contract.js';
import { dropSdkLogs, withLife } from './life.js';

dropSdkLogs();

const capture = () => ({ paymentId: `pay_${randomUUID()}`, orderId: randomUUID(), amount: 500, currency: 'EUR' });

test('a capture is made through failures, names its amount and links its order, and starts once', async (t) => {
  let failures = 2;
  const flaky = async () => {
    if (failures-- > 0) throw new Error('the provider is away');
    return { captured: 500 };
  };
  await withLife({ capturePayment: flaky }, async ({ client, workflows, captured }) => {
    const owed = capture();
    t.is(await workflows.startCapture(owed), 'started');
    t.is(await workflows.startCapture(owed), 'already-started');
    const workflow = client.workflow.getHandle(captureWorkflowId(owed.paymentId));
    t.deepEqual(await workflow.result(), { captured: 500 });
    t.deepEqual(captured, [owed.paymentId]);
    const described = await workflow.describe();
    t.is(described.type, CAPTURE_WORKFLOW);
    t.is(await described.staticSummary(), `Capture of 5.00 EUR of order ${owed.orderId}`);
    t.regex((await described.staticDetails()) ?? '', new RegExp(`order%3A${owed.orderId}`));
  });
});

test('a capture that the provider refuses for good fails its workflow, and may start again', async (t) => {
  const answers = [{ captured: 0, refused: 'the authorisation has ended' }, { captured: 500 }];
  await withLife({ capturePayment: async () => answers.shift() ?? { captured: 0 } }, async ({ client, workflows }) => {
    const owed = capture();
    await workflows.startCapture(owed);
    const result = () => client.workflow.getHandle(captureWorkflowId(owed.paymentId)).result();
    await t.throwsAsync(result(), { message: 'Workflow execution failed' });
    t.is(await workflows.startCapture(owed), 'started');
    t.deepEqual(await result(), { captured: 500 });
  });
});
