import type { RowDataPacket } from 'mysql2/promise';
import type { EventFilters, EventPage, EventRecord } from '../../domain/event-filters.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import type { EventRow } from './shop-events.js';
import { FOR_BROKER } from './undelivered.js';

/** A rule of thumb: so many rows are read and compared within a fraction of a second. */
const EXAMINED = 10_000;
/** Events of a time are at positions near to one another: a transaction lasts no longer. */
const SLACK_MS = 3_600_000;

interface Row extends EventRow {
  readonly delivered_at: Date | null;
  readonly state: string | null;
  readonly attempts: number | null;
  readonly last_failure: string | null;
}

/**
 * A page of events, the newest first or the oldest first. A page examines a bounded number of events: where few of them
 * fit, the page has fewer than `limit`, or none, and the list goes on with the next page.
 *
 * @throws {DomainError} `dependency-unavailable`
 */
export async function listEvents(
  pool: Pool,
  filters: EventFilters,
  page: { readonly from?: number | undefined; readonly limit: number; readonly oldestFirst?: boolean },
): Promise<EventPage> {
  const { from, limit, oldestFirst = false } = page;
  const [direction, behind] = oldestFirst ? ['ASC', '>'] : ['DESC', '<'];
  const ofOrder = filters.orderId === undefined ? 'FORCE INDEX (PRIMARY) WHERE TRUE' : 'WHERE order_id = ?';
  const candidates = `SELECT position, occurred_at FROM events ${ofOrder} AND position ${behind} ?
    ORDER BY position ${direction} LIMIT ${EXAMINED}`;
  const range = [...(filters.orderId === undefined ? [] : [filters.orderId]), from ?? (oldestFirst ? 0 : 2 ** 53)];
  const where = conditionsOf(filters);
  try {
    const [rows] = await pool.query<Row[]>(
      `SELECT e.position, e.event_id, e.type, e.order_id, e.sequence, e.sku, e.payment_id, e.occurred_at, e.delivered_at,
         d.state, d.attempts, d.last_failure
       FROM (${candidates}) c STRAIGHT_JOIN events e ON e.position = c.position
       LEFT JOIN event_deliveries d ON d.position = e.position AND d.endpoint_id = ?
       WHERE ${where.sql} ORDER BY e.position ${direction} LIMIT ?`,
      [...range, filters.endpointId ?? '', ...where.values, limit + 1],
    );
    const events = rows.slice(0, limit).map(toRecord);
    if (rows.length > limit) return { events, next: events.at(-1)?.position };
    const [[seen]] = await pool.query<(RowDataPacket & { n: number; last: number | null; at: Date | null })[]>(
      `SELECT COUNT(*) AS n, ${oldestFirst ? 'MAX' : 'MIN'}(position) AS last, MAX(occurred_at) AS at FROM (${candidates}) c`,
      range,
    );
    const isOver = seen === undefined || seen.n < EXAMINED || (!oldestFirst && isBefore(seen.at, filters.since));
    return { events, next: isOver ? undefined : (seen.last ?? undefined) };
  } catch (error) {
    throw translated(error);
  }
}

const isBefore = (at: Date | null, since: Date | undefined): boolean =>
  at !== null && since !== undefined && at.getTime() < since.getTime() - SLACK_MS;

function conditionsOf(filters: EventFilters): { readonly sql: string; readonly values: readonly unknown[] } {
  const { types, since, until, endpointId, undelivered } = filters;
  const parts: (readonly [sql: string, ...values: unknown[]])[] = [['TRUE']];
  if (types !== undefined) parts.push(['e.type IN (?)', types]);
  if (since !== undefined) parts.push(['e.occurred_at >= ?', since]);
  if (until !== undefined) parts.push(['e.occurred_at < ?', until]);
  if (endpointId !== undefined) parts.push([undelivered ? "d.state <> 'delivered'" : 'd.state IS NOT NULL']);
  else if (undelivered) parts.push([`(e.delivered_at IS NULL OR e.delivered_at = '${FOR_BROKER}')`]);
  return { sql: parts.map(([sql]) => sql).join(' AND '), values: parts.flatMap(([, ...values]) => values) };
}

const toRecord = (row: Row): EventRecord => ({
  eventId: row.event_id,
  type: row.type,
  subject: row.order_id ?? row.sku ?? row.payment_id ?? '',
  sequence: row.sequence,
  occurredAt: row.occurred_at,
  deliveredAt: row.delivered_at !== null && row.delivered_at < new Date(`${FOR_BROKER}Z`) ? row.delivered_at : null,
  delivery:
    row.state === null ? null : { state: row.state, attempts: row.attempts ?? 0, lastFailure: row.last_failure },
  position: row.position,
});
