import type { Pool } from '../../src/db/driver/pool.js';
import { forgetOrders } from '../../src/db/forget/forget-orders.js';
import { pagesToForget, type Whose } from '../../src/db/forget/orders-to-forget.js';

/** One run of `orders forget`, in the database. */
export async function forget(pool: Pool, whose: Whose, atOnce = 100) {
  const counts = new Map<string, number>();
  const forgotten: string[] = [];
  const stay: string[] = [];
  for await (const page of pagesToForget(pool, whose, atOnce)) {
    const ready = page.flatMap(({ orderId, stays }) => (stays === null ? [orderId] : []));
    stay.push(...page.flatMap(({ stays }) => stays ?? []));
    forgotten.push(...(await forgetOrders(pool, ready, counts)));
  }
  return { counts, forgotten, stay };
}
