import { randomUUID } from 'node:crypto';
import type { Pool } from '../../src/db/driver/pool.js';
import type { AskedChange } from '../../src/domain/stock-change.js';
import { rows } from './database.js';

/** A change as the operators' route makes it, under a key of its own. */
export const stockChange = (overrides: Partial<AskedChange> = {}): AskedChange => ({
  sku: 'mug',
  kind: 'received',
  quantity: 5,
  reason: null,
  reference: null,
  by: 'ada',
  idempotencyKey: randomUUID(),
  cancelNewestOrders: false,
  ...overrides,
});

/** The events about the stock of a SKU, in their order: `sold-out`, or what was available when the SKU came back. */
export async function stockEvents(pool: Pool, sku = 'mug'): Promise<(string | number)[]> {
  const events = await rows(
    pool,
    "SELECT type, data FROM events WHERE sku = ? AND type LIKE 'stock.%' ORDER BY position",
    [sku],
  );
  return events.map(({ type, data }) => {
    const told = JSON.parse(String(data)) as { sku: string; available?: number };
    if (told.sku !== sku) throw new Error(`an event of ${sku} names ${told.sku}`);
    return type === 'stock.sold-out' ? 'sold-out' : (told.available ?? Number.NaN);
  });
}
