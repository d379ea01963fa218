import type { RowDataPacket } from 'mysql2/promise';
import type { Customer } from '../../domain/customer.js';
import { inShop, type Where } from '../archive/also-archived.js';
import { ordersOf, pairsOf } from '../archive/late-sale-pairs.js';
import { whyItWaits } from '../archive/left-to-do.js';
import { inArchive } from '../archive/tables.js';
import { columnOf } from '../customer-columns.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import type { Transaction } from '../driver/transaction.js';

/** Whose orders: all of a customer, or these, as a guest has no id. */
export type Whose = { readonly customer: NonNullable<Customer> } | { readonly orderIds: readonly string[] };

/** Why an order has to stay; null where it may be forgotten. */
export interface Asked {
  readonly orderId: string;
  readonly stays: string | null;
}

const places: readonly Where[] = [inShop, inArchive];

/** How many orders a customer has. @throws {DomainError} `dependency-unavailable` */
export async function countOrders(pool: Pool, customer: NonNullable<Customer>): Promise<number> {
  const { column, value } = columnOf(customer);
  const counts = places.map((where) =>
    select<{ n: number }>(pool, where(`SELECT COUNT(*) AS n FROM checkouts WHERE ${column} = ?`), [value]),
  );
  return (await Promise.all(counts)).flat().reduce((sum, { n }) => sum + Number(n), 0);
}

/**
 * Pages of the orders, with those that share a late sale: both orders of it have the customer's data, and one token.
 *
 * @throws {DomainError} `dependency-unavailable`
 */
export async function* pagesToForget(pool: Pool, whose: Whose, pageSize: number): AsyncGenerator<Asked[]> {
  if ('orderIds' in whose) {
    const ids = await withPairs(pool, whose.orderIds);
    for (let at = 0; at < ids.length; at += pageSize) yield await whyTheyStay(pool, ids.slice(at, at + pageSize));
    return;
  }
  const { column, value } = columnOf(whose.customer);
  for (let after = ''; ; ) {
    const found = await Promise.all(
      places.map((where) =>
        select<{ orderId: string }>(
          pool,
          where(
            `SELECT order_id AS orderId FROM checkouts WHERE ${column} = ? AND order_id > ? ORDER BY order_id LIMIT ?`,
          ),
          [value, after, pageSize],
        ),
      ),
    );
    const ids = [...new Set(found.flat().map(({ orderId }) => orderId))].sort().slice(0, pageSize);
    yield await whyTheyStay(pool, ids);
    after = ids.at(-1) ?? '';
    if (ids.length < pageSize) return;
  }
}

async function withPairs(pool: Pool, orderIds: readonly string[]): Promise<string[]> {
  if (orderIds.length === 0) return [];
  const pairs = [
    ...(await pairsOf(pool, orderIds, 'late_sales')),
    ...(await pairsOf(pool, orderIds, 'archived_late_sales')),
  ];
  return [...new Set([...orderIds, ...ordersOf(pairs)])].sort();
}

/** An id that no order has is left out. */
export async function whyTheyStay(on: Pool | Transaction, orderIds: readonly string[]): Promise<Asked[]> {
  if (orderIds.length === 0) return [];
  const sql = `SELECT c.order_id AS orderId,
      CASE WHEN o.order_id IS NULL OR o.status = 'placed' THEN 'it is open' ELSE ${whyItWaits} END AS stays
    FROM checkouts c FORCE INDEX (PRIMARY) LEFT JOIN orders o ON o.order_id = c.order_id
    WHERE c.order_id IN (?) ORDER BY c.order_id`;
  const found = await Promise.all(places.map((where) => select<Asked>(on, where(sql), [orderIds])));
  return [...new Map(found.flat().map((asked) => [asked.orderId, asked])).values()];
}

async function select<Row>(on: Pool | Transaction, sql: string, values: readonly unknown[]): Promise<Row[]> {
  try {
    const [rows] = await on.query<(RowDataPacket & Row)[]>(sql, [...values]);
    return rows;
  } catch (error) {
    throw translated(error);
  }
}
