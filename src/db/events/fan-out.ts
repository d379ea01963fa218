import type { RowDataPacket } from 'mysql2/promise';
import { fits } from '../../domain/endpoint.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction, type Transaction } from '../driver/transaction.js';
import { patternsIn } from '../endpoints/endpoint-rows.js';
import type { EventRow } from './shop-events.js';
import { claim, FOR_BROKER, oldestOf } from './undelivered.js';

/** Events of one transaction, and rows of one of its statements. Rules of thumb. */
const [CLAIMED_AT_ONCE, ROWS_AT_ONCE] = [300, 1_000];
/** With many endpoints a transaction takes fewer events. */
const MOST_ROWS = 6_000;

interface Receiver extends RowDataPacket {
  readonly endpoint_id: string;
  readonly event_types: string;
  readonly created_at: Date;
}

/** Older events are not for an endpoint. A transaction that began before the endpoint may commit its event after it. */
const BEFORE_MS = 60_000;

/** Whether there is an endpoint, active or paused. */
export async function hasEndpoints(on: Pool | Transaction): Promise<boolean> {
  try {
    const [rows] = await on.query<RowDataPacket[]>("SELECT 1 FROM endpoints WHERE state <> 'removed' LIMIT 1");
    return rows.length > 0;
  } catch (error) {
    throw translated(error);
  }
}

/**
 * Gives some of the oldest new events to the endpoints that want them, as rows of `event_deliveries`, and leaves the events
 * to the broker. Paused endpoints get their rows too. Needs no broker and calls no endpoint. Several processes may do so at
 * once: an event is given when all earlier ones of its subject are, so that each endpoint has them in their order.
 *
 * @returns how many events were given; 0 where there is no endpoint
 * @throws {DomainError} `dependency-unavailable`
 */
export async function fanOut(pool: Pool): Promise<number> {
  if (!(await hasEndpoints(pool))) return 0;
  const oldest = await oldestOf(pool, ['new']);
  if (oldest.length === 0) return 0;
  return await inTransaction(pool, async (transaction) => {
    const locked = await claim(transaction, oldest, { stages: ['new'], atOnce: CLAIMED_AT_ONCE });
    // Read behind the locks: an endpoint that was added before an event was written is seen here.
    const [receivers] = await transaction.query<Receiver[]>(
      "SELECT endpoint_id, event_types, created_at FROM endpoints WHERE state <> 'removed'",
    );
    const claimed = locked.slice(0, Math.max(1, Math.floor(MOST_ROWS / Math.max(1, receivers.length))));
    if (claimed.length === 0) return 0;
    const rows = claimed.flatMap((event) =>
      receivers
        .filter((receiver) => isFor(receiver, event))
        .map(({ endpoint_id: id }) => [event.position, id, subjectOf(event), 'waiting', byDatabase]),
    );
    for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
      await transaction.query(
        `INSERT INTO event_deliveries (position, endpoint_id, subject, state, due_at) VALUES ?
         ON DUPLICATE KEY UPDATE position = VALUES(position)`,
        [rows.slice(from, from + ROWS_AT_ONCE)],
      );
    }
    await transaction.query('UPDATE events FORCE INDEX (PRIMARY) SET delivered_at = ? WHERE position IN (?)', [
      FOR_BROKER,
      claimed.map(({ position }) => position),
    ]);
    return claimed.length;
  });
}

const isFor = ({ event_types: types, created_at: createdAt }: Receiver, { type, occurred_at: at }: EventRow): boolean =>
  at.getTime() >= createdAt.getTime() - BEFORE_MS && fits(patternsIn(types), type);

const byDatabase = { toSqlString: () => 'UTC_TIMESTAMP(3)' };

/** As `SUBJECT` names it. */
const subjectOf = ({ order_id: order, sku, payment_id: payment }: EventRow): string =>
  order !== null ? `order ${order}` : sku !== null ? `sku ${sku}` : `payment ${payment}`;
