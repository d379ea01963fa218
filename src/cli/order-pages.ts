import type { Pool } from '../db/driver/pool.js';
import { listOrders } from '../db/orders/order-list.js';
import type { OrderView } from '../domain/order.js';
import type { OrderFilters } from '../domain/order-filters.js';

const PAGE = 1_000;

/** The orders of a selection, the newest first, page by page. @param options.upTo leaves out newer orders */
export async function* orderPages(
  pool: Pool,
  filters: OrderFilters,
  { upTo, most = Number.POSITIVE_INFINITY }: { readonly upTo?: string | undefined; readonly most?: number } = {},
): AsyncGenerator<readonly OrderView[]> {
  let left = most;
  for (let after: string | undefined; left > 0; ) {
    const { orders, next } = await listOrders(pool, filters, { after, upTo, limit: Math.min(PAGE, left) });
    left -= orders.length;
    if (orders.length > 0) yield orders;
    if (next === undefined) return;
    after = next;
  }
}
