import type { Pool } from '../db/driver/pool.js';
import { findOrder } from '../db/orders/orders.js';
import { isUnavailable } from '../domain/errors.js';
import type { OrderWorkflows } from '../temporal/order-workflows.js';

/**
 * Reports payments that the database has decided to the workflows of their orders: a workflow that is not signaled
 * shows its order as placed until the deadline. A report that is lost changes nothing else.
 */
export async function reportDecided(
  deps: { readonly pool: Pool; readonly workflows: OrderWorkflows; readonly say: (line: string) => void },
  decided: readonly { readonly paymentId: string; readonly orderId: string }[],
): Promise<void> {
  for (const [index, { orderId, paymentId }] of decided.entries()) {
    try {
      const order = await findOrder(deps.pool, orderId);
      if (order) await deps.workflows.reportPayment(order.view, { paymentId });
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      // Each further call would wait as long as this one did.
      const left = decided.length - index;
      deps.say(`not reported to Temporal: ${left} paid orders; each workflow finds its order paid at the deadline`);
      return;
    }
  }
}
