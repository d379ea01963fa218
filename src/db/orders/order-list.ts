import type { RowDataPacket } from 'mysql2/promise';
import type { OrderView } from '../../domain/order.js';
import type { OrderFilters } from '../../domain/order-filters.js';
import { inShop } from '../archive/also-archived.js';
import { inArchive } from '../archive/tables.js';
import { columnOf } from '../customer-columns.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { conditionsOf, type Part, rangeOf, together } from './order-conditions.js';
import { toView, type ViewRow, viewColumns } from './orders.js';

/** A rule of thumb: so many rows are read and compared within half a second, and a statement stays short. */
const EXAMINED = 20_000;
/** The first attempt examines so many rows for each order of a page, and each later attempt so many times more. */
const GROWTH = 8;

interface Page {
  /** The last order of the page before. */
  readonly after?: string | undefined;
  /** No order that is newer than this one. */
  readonly upTo?: string | undefined;
  readonly limit: number;
  /** The most orders that one page examines. */
  readonly examined?: number;
}

export interface OrderPage {
  readonly orders: readonly OrderView[];
  /** The `after` of the next page; `undefined` at the end. */
  readonly next: string | undefined;
}

/**
 * Orders, recorded or not, the newest first, by their ids: those in the shop, or those in the archive. Orders that come
 * meanwhile move no order from one page to another. A page examines a bounded number of orders: where few of these fit
 * the filters, the page has fewer orders than `limit`, or none, and the list goes on with the next page.
 *
 * @throws {DomainError} `dependency-unavailable`
 */
export async function listOrders(pool: Pool, filters: OrderFilters, page: Page): Promise<OrderPage> {
  const { limit, examined = EXAMINED } = page;
  // Most pages are full after some rows.
  for (let rows = GROWTH * (limit + 1); ; rows *= GROWTH) {
    const found = await readPage(pool, filters, { ...page, examined: Math.min(rows, examined) });
    if (found.next === undefined || found.orders.length === limit || rows >= examined) return found;
  }
}

async function readPage(pool: Pool, filters: OrderFilters, page: Page & { examined: number }): Promise<OrderPage> {
  const { limit, examined } = page;
  const read = filters.archived === true ? inArchive : inShop;
  const candidates = candidatesOf(filters, rangeOf(filters, page), examined);
  const where = together(conditionsOf(filters));
  const rows = await select<ViewRow>(
    pool,
    read(`SELECT ${viewColumns}
     FROM (SELECT c.order_id FROM (${candidates.sql}) candidate STRAIGHT_JOIN checkouts c ON c.order_id = candidate.order_id
       LEFT JOIN orders o ON o.order_id = c.order_id WHERE ${where.sql} ORDER BY c.order_id DESC LIMIT ?) page
     STRAIGHT_JOIN checkouts c ON c.order_id = page.order_id
     LEFT JOIN orders o ON o.order_id = c.order_id ORDER BY c.order_id DESC`),
    [...candidates.values, ...where.values, limit + 1],
  );
  const orders = rows.slice(0, limit).map((row) => toView(row).view);
  if (rows.length > limit) return { orders, next: orders.at(-1)?.orderId };
  const [seen] = await select<RowDataPacket & { n: number; last: string | null }>(
    pool,
    read(`SELECT COUNT(*) AS n, MIN(order_id) AS last FROM (${candidates.sql}) candidate`),
    candidates.values,
  );
  return { orders, next: seen !== undefined && seen.n >= examined ? (seen.last ?? undefined) : undefined };
}

/** The index that finds the customers of a column. */
const keysOf = { user_id: 'one_reservation_per_key', customer: 'one_reservation_per_customer_key' } as const;

/**
 * The newest orders within the range, found by the index that leaves out the most: of the customer, of the open orders,
 * of the SKU, else of all orders.
 */
function candidatesOf(filters: OrderFilters, range: Part, examined: number): Part {
  const { customer, status, sku, reference } = filters;
  const end = 'ORDER BY order_id DESC LIMIT ?';
  const from = (table: string, condition: string, values: readonly unknown[]): Part => ({
    sql: `SELECT order_id FROM ${table} WHERE ${condition} AND ${range.sql} ${end}`,
    values: [...values, ...range.values, examined],
  });
  if (reference !== undefined) {
    return from('checkouts FORCE INDEX (one_order_per_reference)', 'reference = ?', [reference]);
  }
  if (customer !== undefined) {
    const { column, value } = columnOf(customer);
    return from(`checkouts FORCE INDEX (${keysOf[column]})`, `${column} = ?`, [value]);
  }
  if (status === 'placed') return from('checkouts FORCE INDEX (open_by_deadline)', 'is_open = 1', []);
  if (sku === undefined) return from('checkouts FORCE INDEX (PRIMARY)', 'TRUE', []);
  const recorded = from('order_items FORCE INDEX (of_sku)', 'sku = ?', [sku]);
  const notYet = from(
    'checkouts placed FORCE INDEX (open_by_deadline)',
    `is_open = 1 AND JSON_CONTAINS(items, ?)
     AND NOT EXISTS (SELECT 1 FROM orders recorded WHERE recorded.order_id = placed.order_id)`,
    [JSON.stringify({ sku })],
  );
  return {
    sql: `SELECT order_id FROM ((${recorded.sql}) UNION (${notYet.sql})) both_kinds ${end}`,
    values: [...recorded.values, ...notYet.values, examined],
  };
}

async function select<Row extends RowDataPacket>(pool: Pool, sql: string, values: readonly unknown[]): Promise<Row[]> {
  try {
    const [rows] = await pool.query<Row[]>(sql, [...values]);
    return rows;
  } catch (error) {
    throw translated(error);
  }
}
