import type { Pool } from '../../../src/db/driver/pool.js';
import { recordOrders } from '../../../src/db/orders/orders.js';
import { settleOrder } from '../../../src/db/orders/settlement.js';
import type { SettlementCause } from '../../../src/domain/settlement.js';

/** Each order in a transaction of its own. */
export const createTextbookActivities = (pool: Pool) => ({
  async recordOrder(orderId: string): Promise<void> {
    await recordOrders(pool, [orderId]);
  },
  async settleOrder(orderId: string, cause: SettlementCause): Promise<void> {
    await settleOrder(pool, orderId, cause);
  },
});
