import { condition, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';
import type { SettlementCause } from '../../../src/domain/settlement.js';
import type { createTextbookActivities } from './activities.js';

const { recordOrder, settleOrder } = proxyActivities<ReturnType<typeof createTextbookActivities>>({
  startToCloseTimeout: '10 seconds',
});

const end = defineSignal<[SettlementCause]>('end');

/** An order as the documentation of a workflow engine has it: each step is an activity with the default options. */
export async function textbookWorkflow({ orderId, expiresAt }: { orderId: string; expiresAt: string }): Promise<void> {
  let cause: SettlementCause | undefined;
  setHandler(end, (signaled) => {
    cause = signaled;
  });
  await recordOrder(orderId);
  await condition(() => cause !== undefined, Date.parse(expiresAt) - Date.now());
  await settleOrder(orderId, cause ?? { kind: 'expired' });
}
