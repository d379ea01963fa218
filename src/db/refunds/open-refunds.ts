import type { RowDataPacket } from 'mysql2/promise';
import type { OrderRefund } from '../../domain/order-refund.js';
import { inShop, type Where } from '../archive/also-archived.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { type RefundRow, refundColumns, toRefund } from './refund-rows.js';

/** A refund of an order that is not finished, with its age by the database's clock. */
export interface OpenRefund extends OrderRefund {
  readonly forSeconds: number;
}

/**
 * Refunds that the provider has still to make, the oldest first: a range of the index, so that a page is found without
 * reading the pages before it.
 *
 * @param page.after the last refund of the previous page
 * @throws {DomainError} `dependency-unavailable`
 */
export async function requiredRefunds(
  pool: Pool,
  { limit, after }: { readonly limit: number; readonly after?: Pick<OrderRefund, 'refundId'> | undefined },
): Promise<OrderRefund[]> {
  const rows = await select<RefundRow>(
    pool,
    `SELECT ${refundColumns} FROM order_refunds FORCE INDEX (by_state)
     WHERE state = 'required' AND refund_id > ? ORDER BY refund_id LIMIT ?`,
    [after?.refundId ?? '', limit],
  );
  return rows.map(toRefund);
}

/** Refunds that are owed or wait for a person, the oldest first. */
export async function openRefunds(pool: Pool): Promise<OpenRefund[]> {
  const rows = await select<RefundRow & { forSeconds: number }>(
    pool,
    `SELECT ${refundColumns}, TIMESTAMPDIFF(SECOND, required_at, UTC_TIMESTAMP(3)) AS forSeconds
     FROM order_refunds WHERE state IN ('required', 'failed') ORDER BY refund_id`,
    [],
  );
  return rows.map((row) => ({ ...toRefund(row), forSeconds: row.forSeconds }));
}

/** The refunds of an order, or of a payment, the oldest first. */
export async function listRefunds(
  pool: Pool,
  of: { readonly orderId: string } | { readonly paymentId: string },
  where: Where = inShop,
): Promise<OrderRefund[]> {
  const [column, id] = 'orderId' in of ? ['order_id', of.orderId] : ['payment_id', of.paymentId];
  const rows = await select<RefundRow>(
    pool,
    where(`SELECT ${refundColumns} FROM order_refunds WHERE ${column} = ? ORDER BY refund_id`),
    [id],
  );
  return rows.map(toRefund);
}

async function select<Row extends RowDataPacket>(pool: Pool, sql: string, values: readonly unknown[]): Promise<Row[]> {
  try {
    const [rows] = await pool.query<Row[]>(sql, [...values]);
    return rows;
  } catch (error) {
    throw translated(error);
  }
}
