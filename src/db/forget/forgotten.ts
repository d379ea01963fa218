import type { RowDataPacket } from 'mysql2/promise';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction } from '../driver/transaction.js';
import { both } from './rows-of-orders.js';

/** A forgotten order, and what its workflows are named by. */
export interface WorkflowsDue {
  readonly orderId: string;
  readonly paymentIds: readonly string[];
  readonly refundIds: readonly string[];
}

/** Orders whose workflows are to be deleted, after this id. @throws {DomainError} `dependency-unavailable` */
export async function workflowsDue(pool: Pool, after: string, limit: number): Promise<WorkflowsDue[]> {
  return await inTransaction(pool, async (transaction) => {
    const [due] = await transaction.query<(RowDataPacket & { orderId: string })[]>(
      `SELECT order_id AS orderId FROM forgotten_orders FORCE INDEX (workflows_due)
       WHERE workflows_due = 1 AND order_id > ? ORDER BY order_id LIMIT ?`,
      [after, limit],
    );
    if (due.length === 0) return [];
    const ids = due.map(({ orderId }) => orderId);
    const of = (table: string, id: string) =>
      both<{ orderId: string; id: string }>(
        transaction,
        `SELECT order_id AS orderId, ${id} AS id FROM ${table} FORCE INDEX (of_order) WHERE order_id IN (?)`,
        ids,
      );
    const payments = Map.groupBy(await of('payments', 'payment_id'), ({ orderId }) => orderId);
    const refunds = Map.groupBy(await of('order_refunds', 'refund_id'), ({ orderId }) => orderId);
    return ids.map((orderId) => ({
      orderId,
      paymentIds: (payments.get(orderId) ?? []).map(({ id }) => id),
      refundIds: (refunds.get(orderId) ?? []).map(({ id }) => id),
    }));
  });
}

/** Temporal has no workflow of these orders any more. @throws {DomainError} `dependency-unavailable` */
export const workflowsDeleted = (pool: Pool, orderIds: readonly string[]): Promise<void> =>
  onOrders(pool, 'UPDATE forgotten_orders SET workflows_due = NULL WHERE order_id IN (?)', orderIds).then(
    () => undefined,
  );

/** Which of these orders are forgotten. @throws {DomainError} `dependency-unavailable` */
export async function forgottenAmong(pool: Pool, orderIds: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await onOrders(pool, 'SELECT order_id AS orderId FROM forgotten_orders WHERE order_id IN (?)', orderIds);
  return new Set((rows as readonly { orderId: string }[]).map(({ orderId }) => orderId));
}

async function onOrders(pool: Pool, sql: string, orderIds: readonly string[]): Promise<unknown> {
  if (orderIds.length === 0) return [];
  try {
    const [result] = await pool.query(sql, [orderIds]);
    return result;
  } catch (error) {
    throw translated(error);
  }
}
