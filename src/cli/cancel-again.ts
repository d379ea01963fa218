import { statusOf } from '../db/audit/status-of.js';
import type { Pool } from '../db/driver/pool.js';
import type { CancelReason } from '../domain/order.js';
import type { KnownWorkflows } from '../temporal/known-workflows.js';

/** Cancels the orders that ended as canceled in Temporal after `since` and that a restored database has as placed. */
export async function cancelAgain(deps: {
  readonly pool: Pool;
  readonly workflows: Pick<KnownWorkflows, 'pages' | 'lastRun'>;
  readonly since: Date;
  readonly cancel: (orderId: string, reason: CancelReason) => Promise<unknown>;
  readonly say: (line: string) => void;
}): Promise<void> {
  for await (const page of deps.workflows.pages({ since: deps.since })) {
    const canceled = page.filter(({ status }) => status === 'canceled').map(({ orderId }) => orderId);
    const here = await statusOf(deps.pool, canceled);
    for (const orderId of canceled.filter((id) => here.get(id) === 'placed')) {
      const { ended } = await deps.workflows.lastRun(orderId);
      if (ended?.status !== 'canceled' || ended.cancelReason === null) continue;
      await deps.cancel(orderId, ended.cancelReason);
      deps.say(`order ${orderId}: canceled again (${ended.cancelReason}), as Temporal saw it`);
    }
  }
}
