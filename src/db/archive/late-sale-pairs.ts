import type { RowDataPacket } from 'mysql2/promise';
import type { Transaction } from '../driver/transaction.js';

/** A canceled order, and the order that its late payment has bought. They are in one place: each names the other. */
export interface Pair {
  readonly orderId: string;
  readonly successorId: string;
}

/** The pairs that have one of these orders. A locking read: the sale may be just committing (ADR 23). */
export async function pairsOf(
  transaction: Transaction,
  orderIds: readonly string[],
  table: 'late_sales' | 'archived_late_sales',
): Promise<Pair[]> {
  const select = async (index: string, column: string) => {
    const [rows] = await transaction.query<(RowDataPacket & Pair)[]>(
      `SELECT order_id AS orderId, successor_id AS successorId FROM ${table} FORCE INDEX (${index})
       WHERE ${column} IN (?) LOCK IN SHARE MODE`,
      [orderIds],
    );
    return rows;
  };
  const found = [
    ...(await select('PRIMARY', 'order_id')),
    ...(await select('one_order_per_successor', 'successor_id')),
  ];
  return [...new Map(found.map((pair) => [pair.orderId, pair])).values()];
}

/** @returns all orders of these pairs */
export const ordersOf = (pairs: readonly Pair[]): string[] =>
  pairs.flatMap(({ orderId, successorId }) => [orderId, successorId]);
