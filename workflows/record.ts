import { recordOrder, recordOrderLocally } from './activities.js';
import type { OrderStanding, OrderWorkflowInput } from './contract.js';

interface Recorded {
  readonly order: OrderStanding;
  /** How long the local record took. A timer counts from the begin of the workflow's task, before the record. */
  readonly inTaskMs: number;
}

/**
 * Records the order. A database that is away is visible: the local try is short, and the activity after it shows its
 * attempts in the Web UI.
 */
export async function record({ orderId, recordsLocally }: OrderWorkflowInput): Promise<Recorded> {
  const since = Date.now();
  const locally = recordsLocally ? await recordOrderLocally(orderId).catch(() => undefined) : undefined;
  if (locally) return { order: locally, inTaskMs: Date.now() - since };
  const summary = 'write the order and its items';
  return { order: await recordOrder.executeWithOptions({ summary }, [orderId]), inTaskMs: 0 };
}
