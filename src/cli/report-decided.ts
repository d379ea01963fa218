import type { Pool } from '../db/driver/pool.js';
import { findOrder } from '../db/orders/orders.js';
import { isUnavailable } from '../domain/errors.js';
import type { OrderWorkflows } from '../temporal/order-workflows.js';
import { standingOfEnded } from '../temporal/standing.js';

/**
 * Signals the workflows of orders whose payments the database has decided: without the signal a workflow shows its
 * order as placed until the deadline. A lost signal has no other effect.
 */
export async function reportDecided(
  deps: { readonly pool: Pool; readonly workflows: OrderWorkflows; readonly say: (line: string) => void },
  decided: readonly { readonly paymentId: string; readonly orderId: string }[],
): Promise<void> {
  for (const [index, { orderId, paymentId }] of decided.entries()) {
    try {
      const order = await findOrder(deps.pool, orderId);
      if (order === undefined) continue;
      await deps.workflows.reportPayment(order.view, { paymentId, ...standingOfEnded(order.view, paymentId) });
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      // Each further call would wait for the same time-out.
      const left = decided.length - index;
      deps.say(`not reported to Temporal: ${left} paid orders; each workflow finds its order paid at the deadline`);
      return;
    }
  }
}
