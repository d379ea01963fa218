import type { RowDataPacket } from 'mysql2/promise';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import type { Transaction } from '../driver/transaction.js';
import type { EventRow } from './shop-events.js';

/**
 * `events.delivered_at` while the endpoints have their rows of an event in `event_deliveries` and the broker does not have
 * the event yet. NULL: neither has. Any other time: when the broker has confirmed it. The index `undelivered` keeps each
 * of them apart, so that a checkout writes one index for both ways.
 */
export const FOR_BROKER = '9999-12-31 00:00:00.000';

/** Below 1,000: MariaDB reads a longer list by a temporary table, and then locks the rows in no order. */
const OLDEST = 900;

export type Stage = 'new' | 'for-broker';

interface Candidate extends RowDataPacket {
  readonly position: number;
  readonly subject: string;
}

/** What an event is about, apart from the subjects of other kinds. */
export const SUBJECT = `COALESCE(CONCAT('order ', order_id), CONCAT('sku ', sku), CONCAT('payment ', payment_id))`;

const conditions: Readonly<Record<Stage, string>> = {
  new: 'delivered_at IS NULL',
  'for-broker': `delivered_at = '${FOR_BROKER}'`,
};

/** The oldest events of these stages, in one order. @throws {DomainError} `dependency-unavailable` */
export async function oldestOf(pool: Pool, stages: readonly Stage[]): Promise<Candidate[]> {
  const ranges = stages.map(
    (stage) => `(SELECT position, ${SUBJECT} AS subject
      FROM events FORCE INDEX (undelivered) WHERE ${conditions[stage]} ORDER BY position LIMIT ${OLDEST})`,
  );
  try {
    const [rows] = await pool.query<Candidate[]>(`${ranges.join(' UNION ALL ')} ORDER BY position LIMIT ${OLDEST}`);
    return rows;
  } catch (error) {
    throw translated(error);
  }
}

/**
 * Locks events of these stages by their keys alone, so that no INSERT waits. Those that another process has locked are left
 * to it, and so is each event behind one of its subject that is not claimed here.
 */
export async function claim(
  transaction: Transaction,
  oldest: readonly Candidate[],
  options: { readonly stages: readonly Stage[]; readonly atOnce: number },
): Promise<(EventRow & { readonly is_new: 0 | 1 })[]> {
  const [rows] = await transaction.query<(EventRow & { readonly is_new: 0 | 1 })[]>(
    `SELECT position, event_id, type, order_id, sequence, sku, payment_id, data, occurred_at, delivered_at IS NULL AS is_new
     FROM events FORCE INDEX (PRIMARY)
     WHERE position IN (?) AND (${options.stages.map((stage) => conditions[stage]).join(' OR ')})
     ORDER BY position LIMIT ? FOR UPDATE SKIP LOCKED`,
    [oldest.map(({ position }) => position), options.atOnce],
  );
  return inTurn(oldest, rows);
}

/** Leaves out each event behind one of its subject that is not claimed. */
export function inTurn<Row extends { readonly position: number }>(
  oldest: readonly Candidate[],
  claimed: readonly Row[],
): Row[] {
  const rowOf = new Map(claimed.map((row) => [row.position, row]));
  const blocked = new Set<string>();
  return oldest.flatMap(({ position, subject }) => {
    const row = rowOf.get(position);
    if (row === undefined) blocked.add(subject);
    return row === undefined || blocked.has(subject) ? [] : [row];
  });
}
