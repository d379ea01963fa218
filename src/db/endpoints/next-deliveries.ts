import type { RowDataPacket } from 'mysql2/promise';
import type { ShopEvent } from '../../domain/event.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { type EventRow, shopEventsOf } from '../events/shop-events.js';

/** An event that an endpoint is to get now. */
export interface Delivery {
  readonly position: number;
  /** How often it was tried and not taken. */
  readonly attempts: number;
  readonly event: ShopEvent;
}

interface Place extends RowDataPacket {
  readonly position: number;
  readonly subject: string;
}

interface Due extends Place {
  readonly attempts: number;
}

/** Events of a subject that are due, behind one that is not. */
interface Blocked {
  readonly positions: readonly number[];
  readonly behind: number;
}

/**
 * The deliveries that are due to an endpoint, one list for each subject, in the order of the events. An event behind one
 * that is not due waits for it.
 *
 * @param most of all lists together, so that a long backlog costs no more
 * @returns no list when nothing is due
 * @throws {DomainError} `dependency-unavailable`
 */
export async function nextDeliveries(
  pool: Pool,
  endpointId: string,
  most: number,
): Promise<readonly (readonly Delivery[])[]> {
  try {
    for (;;) {
      const due = await dueTo(pool, endpointId, most);
      const { chains, blocked } = inChains(due, await firstOf(pool, endpointId, due));
      await waitBehind(pool, endpointId, blocked);
      // Where all of them were blocked, they make place for others.
      if (chains.length > 0 || blocked.length === 0) return await withEvents(pool, endpointId, chains);
    }
  } catch (error) {
    throw translated(error);
  }
}

async function dueTo(pool: Pool, endpointId: string, most: number): Promise<Due[]> {
  const [rows] = await pool.query<Due[]>(
    `SELECT position, subject, attempts FROM event_deliveries FORCE INDEX (due)
     WHERE endpoint_id = ? AND state = 'waiting' AND due_at <= UTC_TIMESTAMP(3) ORDER BY due_at, position LIMIT ?`,
    [endpointId, most],
  );
  return rows;
}

/** The first events of each subject that wait, due or not, in their order: as many as are due. */
async function firstOf(
  pool: Pool,
  endpointId: string,
  due: readonly Due[],
): Promise<ReadonlyMap<string, readonly Place[]>> {
  if (due.length === 0) return new Map();
  // A statement for each subject reads what it returns, and nothing else of a long backlog.
  const ofSubjects = [...Map.groupBy(due, ({ subject }) => subject)].map(([subject, { length }]) => ({
    sql: `(SELECT position, subject FROM event_deliveries FORCE INDEX (of_subject)
      WHERE endpoint_id = ? AND subject = ? AND state = 'waiting' ORDER BY position LIMIT ?)`,
    values: [endpointId, subject, length],
  }));
  const [rows] = await pool.query<Place[]>(
    ofSubjects.map(({ sql }) => sql).join(' UNION ALL '),
    ofSubjects.flatMap(({ values }) => values),
  );
  return Map.groupBy(rows, ({ subject }) => subject);
}

/** A list is complete from the first event of its subject that waits. */
function inChains(
  due: readonly Due[],
  first: ReadonlyMap<string, readonly Place[]>,
): { readonly chains: readonly (readonly Due[])[]; readonly blocked: readonly Blocked[] } {
  const dueAt = new Map(due.map((row) => [row.position, row]));
  const chains: Due[][] = [];
  const blocked: Blocked[] = [];
  for (const [subject, ofSubject] of Map.groupBy(due, (row) => row.subject)) {
    const inOrder = (first.get(subject) ?? []).map(({ position }) => position);
    const behind = inOrder.find((position) => !dueAt.has(position));
    const chain = inOrder
      .slice(0, behind === undefined ? undefined : inOrder.indexOf(behind))
      .flatMap((position) => dueAt.get(position) ?? []);
    if (behind !== undefined) {
      const others = ofSubject.filter((row) => !chain.includes(row));
      if (others.length > 0) blocked.push({ positions: others.map(({ position }) => position), behind });
    }
    if (chain.length > 0) chains.push(chain);
  }
  return { chains, blocked };
}

/** An event that is behind another one is due no earlier than the other one. */
async function waitBehind(pool: Pool, endpointId: string, blocked: readonly Blocked[]): Promise<void> {
  for (const { positions, behind } of blocked) {
    await pool.query(
      `UPDATE event_deliveries d FORCE INDEX (PRIMARY)
       JOIN event_deliveries b FORCE INDEX (PRIMARY) ON b.position = ? AND b.endpoint_id = d.endpoint_id
       SET d.due_at = GREATEST(d.due_at, b.due_at) WHERE d.position IN (?) AND d.endpoint_id = ? AND d.state = 'waiting'`,
      [behind, positions, endpointId],
    );
  }
}

async function withEvents(
  pool: Pool,
  endpointId: string,
  chains: readonly (readonly Due[])[],
): Promise<readonly (readonly Delivery[])[]> {
  const positions = chains.flat().map(({ position }) => position);
  if (positions.length === 0) return [];
  const [rows] = await pool.query<EventRow[]>(
    `SELECT position, event_id, type, order_id, sequence, sku, payment_id, data, occurred_at
     FROM events FORCE INDEX (PRIMARY) WHERE position IN (?)`,
    [positions],
  );
  const events = new Map((await shopEventsOf(pool, rows)).map((event, index) => [rows[index]?.position, event]));
  const lost = positions.filter((position) => !events.has(position));
  // A person has deleted the events by hand.
  if (lost.length > 0) {
    await pool.query('DELETE FROM event_deliveries WHERE position IN (?) AND endpoint_id = ?', [lost, endpointId]);
  }
  return chains.flatMap((chain) => {
    const deliveries = chain.flatMap(({ position, attempts }) => {
      const event = events.get(position);
      return event === undefined ? [] : [{ position, attempts, event }];
    });
    return deliveries.length === 0 ? [] : [deliveries];
  });
}
