import type { RowDataPacket } from 'mysql2/promise';
import type { DeliverEvents } from '../../domain/event.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction, type Transaction } from '../driver/transaction.js';
import { type EventRow, shopEventsOf } from './shop-events.js';

/** Below 1,000: MariaDB reads a longer list by a temporary table, and then locks the rows in no order. */
const OLDEST = 900;
/** The others of the oldest are left to other bridges. */
const CLAIMED_AT_ONCE = 300;

interface Candidate extends RowDataPacket {
  readonly position: number;
  readonly subject: string;
}

/**
 * Delivers some of the oldest undelivered events, and marks those that were confirmed. Several processes may do so at
 * once: the locks of the rows last until the mark is committed, and the events that another process has locked are left
 * to it. A process that dies in the middle loses its locks, and the events are delivered again.
 *
 * The events of an order get their positions under the lock of the order, and so do those of a SKU. Where an event is
 * visible, each earlier one of its subject is too. The oldest undelivered events therefore have, for each event among
 * them, all that must be delivered before it: an event is delivered only where this process has locked all of these.
 *
 * @returns how many were delivered
 * @throws {DomainError} `dependency-unavailable`
 */
export async function deliverOldest(pool: Pool, deliver: DeliverEvents): Promise<number> {
  const oldest = await oldestUndelivered(pool);
  if (oldest.length === 0) return 0;
  return await inTransaction(pool, async (transaction) => {
    const claimed = inTurn(oldest, await claim(transaction, oldest));
    const events = await shopEventsOf(transaction, claimed);
    const confirmed = await deliver([...Map.groupBy(events, ({ subject }) => subject).values()]);
    const delivered = claimed.filter(({ event_id: id }) => confirmed.has(id));
    await markDelivered(transaction, delivered);
    return delivered.length;
  });
}

async function oldestUndelivered(pool: Pool): Promise<Candidate[]> {
  try {
    const [rows] = await pool.query<Candidate[]>(
      `SELECT position, COALESCE(CONCAT('order ', order_id), CONCAT('sku ', sku), CONCAT('payment ', payment_id)) AS subject
       FROM events FORCE INDEX (undelivered) WHERE delivered_at IS NULL ORDER BY position LIMIT ?`,
      [OLDEST],
    );
    return rows;
  } catch (error) {
    throw translated(error);
  }
}

/** Locks events by their keys alone, so that no INSERT waits. */
async function claim(transaction: Transaction, oldest: readonly Candidate[]): Promise<EventRow[]> {
  const [rows] = await transaction.query<EventRow[]>(
    `SELECT position, event_id, type, order_id, sequence, sku, payment_id, data, occurred_at
     FROM events FORCE INDEX (PRIMARY) WHERE position IN (?) AND delivered_at IS NULL
     ORDER BY position LIMIT ? FOR UPDATE SKIP LOCKED`,
    [oldest.map(({ position }) => position), CLAIMED_AT_ONCE],
  );
  return rows;
}

/** Leaves out each event behind one of its subject that is not claimed. */
function inTurn(oldest: readonly Candidate[], claimed: readonly EventRow[]): EventRow[] {
  const rowOf = new Map(claimed.map((row) => [row.position, row]));
  const blocked = new Set<string>();
  return oldest.flatMap(({ position, subject }) => {
    const row = rowOf.get(position);
    if (row === undefined) blocked.add(subject);
    return row === undefined || blocked.has(subject) ? [] : [row];
  });
}

async function markDelivered(transaction: Transaction, rows: readonly EventRow[]): Promise<void> {
  if (rows.length === 0) return;
  await transaction.query(
    'UPDATE events FORCE INDEX (PRIMARY) SET delivered_at = UTC_TIMESTAMP(3) WHERE position IN (?) AND delivered_at IS NULL',
    [rows.map(({ position }) => position)],
  );
}
