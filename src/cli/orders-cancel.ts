import type { Pool } from '../db/driver/pool.js';
import { createSettlements } from '../db/orders/settlements.js';
import type { BulkChange } from './bulk-change.js';

/**
 * Cancels orders as the operators' route does, each by the guarded settlement. Orders that are settled at the same time
 * share a transaction. The settlement marks the report to Temporal as due: the sweep of the bridge sends the report, as
 * it sends each report that the API has lost. So the command needs no Temporal.
 */
export function createCancel(pool: Pool): BulkChange {
  const { settle } = createSettlements(pool);
  return {
    verb: 'cancel',
    done: 'canceled',
    canceledIs: 'skipped',
    async change(orderId) {
      const { order } = await settle(orderId, { kind: 'cancel', reason: 'operator-request' });
      if (order.status === 'paid') return { kind: 'refused', why: 'it was paid meanwhile' };
      const isOurs = order.cancelReason === 'operator-request';
      return isOurs ? { kind: 'done' } : { kind: 'skipped', why: `it ended meanwhile: ${order.cancelReason}` };
    },
  };
}
