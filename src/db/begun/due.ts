import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { AFTER_DEADLINE } from '../../domain/begun-payment.js';
import type { OrderStatus } from '../../domain/order.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { type BegunPayment, begunColumns } from './rows.js';

/** A begun payment whose time to be looked at has come. */
export interface DueBegun extends BegunPayment {
  readonly status: OrderStatus;
  /** To the order's deadline, by the database's clock; negative after the deadline. */
  readonly expiresInMs: number;
  /** How often it was looked at; counted anew from the end of its order. */
  readonly looks: number;
  readonly dueAt: Date;
}

/** Open payments whose time has come, the longest due first. @throws {DomainError} `dependency-unavailable` */
export async function dueBegun(pool: Pool, limit: number): Promise<DueBegun[]> {
  const rows = await select<DueBegun>(
    pool,
    `SELECT begun.*, o.status, FLOOR(TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(3), o.expires_at) / 1000) AS expiresInMs
     FROM (SELECT ${begunColumns}, looks, due_at AS dueAt FROM begun_payments FORCE INDEX (to_look_at)
       WHERE is_open = 1 AND due_at <= UTC_TIMESTAMP(3) ORDER BY due_at, begun_id LIMIT ?) begun
     STRAIGHT_JOIN orders o ON o.order_id = begun.orderId`,
    [limit],
  );
  return rows.map((row) => ({ ...row, expiresInMs: Number(row.expiresInMs) }));
}

/** The open payments of an order. @throws {DomainError} `dependency-unavailable` */
export const openBegunOf = (pool: Pool, orderId: string): Promise<BegunPayment[]> =>
  select<BegunPayment>(
    pool,
    `SELECT ${begunColumns} FROM begun_payments FORCE INDEX (one_open) WHERE order_id = ? AND is_open = 1`,
    [orderId],
  );

/**
 * Takes the look at a payment for this process, and sets the time of the next look: a process that dies leaves the payment
 * to the next look. The deadline is read anew, since it may have been moved earlier meanwhile.
 *
 * @returns false when another process has taken it, or the payment is not open
 */
export async function takeLook(pool: Pool, { begunId, dueAt }: DueBegun, pauseMs: number): Promise<boolean> {
  return await update(
    pool,
    `UPDATE begun_payments SET looks = looks + 1,
       due_at = LEAST(UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND, COALESCE(
         (SELECT GREATEST(o.expires_at + INTERVAL ? MICROSECOND, UTC_TIMESTAMP(3) + INTERVAL 1 SECOND) FROM orders o
          WHERE o.order_id = begun_payments.order_id AND o.status = 'placed'), CAST('9999-12-31' AS DATETIME(3))))
     WHERE begun_id = ? AND is_open = 1 AND due_at = ?`,
    [pauseMs * 1_000, AFTER_DEADLINE * 1_000, begunId, dueAt],
  );
}

/**
 * A provider has not answered for this order: the end of the order waits for `close_payments_ms`, counted from the
 * question. A further question without an answer prolongs nothing. An order before its deadline is left as it is.
 *
 * @param sinceMs how long ago the provider was asked
 */
export async function startWait(pool: Pool, orderId: string, sinceMs: number): Promise<void> {
  await update(
    pool,
    `UPDATE orders FORCE INDEX (PRIMARY)
     SET close_payments_by = UTC_TIMESTAMP(3) + INTERVAL GREATEST(0, close_payments_ms - ?) * 1000 MICROSECOND
     WHERE order_id = ? AND status = 'placed' AND expires_at <= UTC_TIMESTAMP(3)
       AND close_payments_ms > 0 AND close_payments_by IS NULL`,
    [Math.ceil(sinceMs), orderId],
  );
}

/**
 * The payments of an order that is past its deadline are closed, or wait for a bank: the end of the order waits no longer.
 * An order whose deadline was moved waits at its next deadline.
 */
export async function endWait(pool: Pool, orderId: string): Promise<void> {
  await update(
    pool,
    `UPDATE orders FORCE INDEX (PRIMARY) SET close_payments_ms = 0
     WHERE order_id = ? AND status = 'placed' AND expires_at <= UTC_TIMESTAMP(3) AND close_payments_ms > 0`,
    [orderId],
  );
}

async function update(pool: Pool, sql: string, values: readonly unknown[]): Promise<boolean> {
  try {
    const [{ affectedRows }] = await pool.query<ResultSetHeader>(sql, [...values]);
    return affectedRows === 1;
  } catch (error) {
    throw translated(error);
  }
}

async function select<Row>(pool: Pool, sql: string, values: readonly unknown[]): Promise<Row[]> {
  try {
    const [rows] = await pool.query<(RowDataPacket & Row)[]>(sql, [...values]);
    return rows;
  } catch (error) {
    throw translated(error);
  }
}
