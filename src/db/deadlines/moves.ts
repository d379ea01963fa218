import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { v5 as namedUuid } from 'uuid';
import type { AskedMove, MoveResult, Mover } from '../../domain/deadline.js';
import { lookBy } from '../begun/outcomes.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction, type Transaction } from '../driver/transaction.js';
import { insertOrderEvents } from '../events/order-events.js';
import { lockRecorded } from '../orders/lock-recorded.js';
import { orderUnknown, type RecordedOrder } from '../orders/orders.js';

/** A namespace of our own for ids that are made of names. */
const RUNS = '8d2c5c0e-0b67-4a7e-9a2f-1f0c7f6f5a10';

/**
 * Moves the deadline of an order that is placed and before its deadline, to a moment that is neither past nor later than
 * `mostMs` after the checkout. One guarded UPDATE decides, under the lock that a settlement takes too.
 *
 * @param mostMs the greatest payment window
 * @throws {DomainError} `order-unknown`, `dependency-unavailable`
 */
export async function moveDeadline(pool: Pool, orderId: string, asked: AskedMove, mostMs: number): Promise<MoveResult> {
  return await inTransaction(pool, async (transaction) => {
    const [order] = await lockRecorded(transaction, [orderId]);
    if (order === undefined) throw orderUnknown(orderId);
    if ('to' in asked) return await moveIn(transaction, order, { to: asked.to, by: asked.by, mostMs });
    // The lock of the order lets two tries of one run see each other; the unique key of the event stands behind it.
    const eventId = namedUuid(`${asked.run} ${orderId}`, RUNS);
    if (await isWritten(transaction, eventId)) return { kind: 'repeated', expiresAt: order.expiresAt };
    const to = new Date(order.expiresAt.getTime() + asked.laterByMs);
    return await moveIn(transaction, order, { to, by: asked.by, mostMs, eventId });
  });
}

/** As {@link moveDeadline}, of an order that the caller's transaction has locked and not changed since. */
export async function moveIn(
  transaction: Transaction,
  { orderId, status, expiresAt }: Pick<RecordedOrder, 'orderId' | 'status' | 'expiresAt'>,
  { to, by, mostMs, eventId }: { to: Date; by: Mover; mostMs: number; eventId?: string },
): Promise<MoveResult> {
  if (status !== 'placed') return { kind: 'ended', status };
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    `UPDATE orders FORCE INDEX (PRIMARY) SET expires_at = ?
     WHERE order_id = ? AND status = 'placed' AND expires_at > UTC_TIMESTAMP(3) AND expires_at <> ?
       AND ? > UTC_TIMESTAMP(3) AND ? <= created_at + INTERVAL ? MICROSECOND`,
    [to, orderId, to, to, to, mostMs * 1_000],
  );
  if (affectedRows === 0) return await refusal(transaction, orderId, { to, mostMs });
  await transaction.query('UPDATE checkouts FORCE INDEX (PRIMARY) SET expires_at = ? WHERE order_id = ?', [
    to,
    orderId,
  ]);
  await transaction.query(
    `INSERT INTO moved_deadlines (order_id, expires_at, moved_at) VALUES (?, ?, UTC_TIMESTAMP(3))
     ON DUPLICATE KEY UPDATE expires_at = VALUES(expires_at), moved_at = VALUES(moved_at)`,
    [orderId, to],
  );
  await lookBy(transaction, orderId, to);
  const data = { previousExpiresAt: expiresAt, by };
  await insertOrderEvents(transaction, [{ type: 'order.extended', orderId, data, ...(eventId && { eventId }) }]);
  return { kind: 'moved', expiresAt: to };
}

async function isWritten(transaction: Transaction, eventId: string): Promise<boolean> {
  const [rows] = await transaction.query<RowDataPacket[]>('SELECT 1 FROM events WHERE event_id = ? FOR UPDATE', [
    eventId,
  ]);
  return rows.length > 0;
}

/** Why the guarded UPDATE found no row, by the database's clock. The order is placed, and locked. */
async function refusal(
  transaction: Transaction,
  orderId: string,
  { to, mostMs }: { readonly to: Date; readonly mostMs: number },
): Promise<MoveResult> {
  const [[row]] = await transaction.query<
    (RowDataPacket & { expiresAt: Date; overdue: number; early: number; latest: Date })[]
  >(
    `SELECT expires_at AS expiresAt, expires_at <= UTC_TIMESTAMP(3) AS overdue, ? <= UTC_TIMESTAMP(3) AS early,
       created_at + INTERVAL ? MICROSECOND AS latest
     FROM orders FORCE INDEX (PRIMARY) WHERE order_id = ? FOR UPDATE`,
    [to, mostMs * 1_000, orderId],
  );
  if (row === undefined) throw orderUnknown(orderId);
  const { expiresAt, overdue, early, latest } = row;
  if (overdue === 1) return { kind: 'overdue', expiresAt };
  if (expiresAt.getTime() === to.getTime()) return { kind: 'unchanged', expiresAt };
  return early === 1 ? { kind: 'too-early' } : { kind: 'too-late', latest };
}
