import { archiveOrders, endedPages } from '../../src/db/archive/archive-orders.js';
import { archivedTables } from '../../src/db/archive/tables.js';
import type { Pool } from '../../src/db/driver/pool.js';
import { inTransaction } from '../../src/db/driver/transaction.js';
import { createReported } from '../../src/db/orders/reports-due.js';
import { count, rows } from './database.js';

/** Every order that has ended until now, by the clock of any process. */
export const now = (): Date => new Date(Date.now() + 60_000);

/** As if the broker had confirmed every message and event, and Temporal every report. */
export async function deliverEverything(pool: Pool): Promise<void> {
  await update(pool, 'checkouts', 'order_id', 'published_at');
  await update(pool, 'events', 'position', 'delivered_at');
  const due = await rows(pool, 'SELECT order_id AS id FROM orders WHERE report_due = 1 ORDER BY order_id');
  const reported = createReported(pool);
  await Promise.all(due.map(({ id }) => reported(String(id))));
}

async function update(pool: Pool, table: string, key: string, column: string): Promise<void> {
  const found = await rows(pool, 'SELECT ?? AS id FROM ?? WHERE ?? IS NULL ORDER BY ??', [key, table, column, key]);
  if (found.length === 0) return;
  await inTransaction(pool, (transaction) =>
    transaction.query('UPDATE ?? FORCE INDEX (PRIMARY) SET ?? = UTC_TIMESTAMP(3) WHERE ?? IN (?)', [
      table,
      column,
      key,
      found.map(({ id }) => id),
    ]),
  );
}

/** One run of the archive. @returns the ids of the orders that it has archived */
export async function archiveAll(pool: Pool, atOnce = 100): Promise<string[]> {
  const archived: string[] = [];
  for await (const page of endedPages(pool, now())) {
    const ready = page.filter(({ stays }) => stays === null).map(({ orderId }) => orderId);
    for (let at = 0; at < ready.length; at += atOnce)
      archived.push(...(await archiveOrders(pool, ready.slice(at, at + atOnce), now())));
  }
  return archived;
}

/** How many rows each table that is archived has, in the shop or in the archive. */
export async function sizes(pool: Pool, place: 'shop' | 'archive'): Promise<Record<string, number>> {
  const prefix = place === 'archive' ? 'archived_' : '';
  const counted = archivedTables.map(async ({ name }) => [name, await count(pool, `${prefix}${name}`)] as const);
  return Object.fromEntries(await Promise.all(counted));
}

/** All rows of the archived tables, without their order. */
export async function contents(pool: Pool, place: 'shop' | 'archive'): Promise<Record<string, string[]>> {
  const prefix = place === 'archive' ? 'archived_' : '';
  const read = archivedTables.map(async ({ name }) => {
    const found = await rows(pool, 'SELECT * FROM ??', [`${prefix}${name}`]);
    return [name, found.map((row) => JSON.stringify(row)).toSorted()] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}
