import type { RowDataPacket } from 'mysql2/promise';
import { DomainError } from '../../domain/errors.js';
import type { CancelReason, OrderStatus, OrderView, PaidReason, RefundState } from '../../domain/order.js';
import { alsoArchived, orArchived, type Where } from '../archive/also-archived.js';
import { type CheckoutRow, toCheckout } from '../checkouts/checkout-row.js';
import { GUEST } from '../customer-columns.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction, type Transaction } from '../driver/transaction.js';
import { shownRefunds, toShownRefunds } from '../refunds/shown-refunds.js';

/** A row of `orders`. `amount` is in minor units, `expiresInMs` is by the database's clock and 0 after the deadline. */
export interface RecordedOrder {
  readonly orderId: string;
  readonly status: OrderStatus;
  readonly amount: number;
  readonly currency: string;
  readonly cancelReason: CancelReason | null;
  readonly paidReason: PaidReason | null;
  readonly paymentId: string | null;
  readonly expiresAt: Date;
  readonly expiresInMs: number;
  /** The number of its last event. */
  readonly eventCount: number;
  /**
   * How long its end may wait for the close of the payments that were begun here, in milliseconds from now; null for an
   * order without such a payment.
   */
  readonly closingForMs: number | null;
}

/**
 * Inserts orders and their items from their checkouts, many in one transaction. A second call changes nothing: the
 * primary keys keep the rows that are there.
 *
 * The source is the checkout's row and not the message, so that no message can change what was bought.
 *
 * An archived order is read, and not recorded again.
 *
 * @returns one entry per id, in the same order; `undefined` for an id that no checkout has
 * @throws {DomainError} `dependency-unavailable`
 */
export async function recordOrders(pool: Pool, orderIds: readonly string[]): Promise<(RecordedOrder | undefined)[]> {
  const ids = [...new Set(orderIds)].sort();
  const recorded = await inTransaction(pool, async (transaction) => {
    await insertOrders(transaction, ids);
    // A locking read: MariaDB shows a plain SELECT no row of a transaction that is just committing, although the INSERT
    // found this row as a duplicate (ADR 23).
    return await alsoArchived(
      ids,
      (some, where) => readRecorded(transaction, some, { where }),
      ({ orderId }) => orderId,
    );
  });
  const byId = new Map(recorded.map((order) => [order.orderId, order]));
  return orderIds.map((orderId) => byId.get(orderId));
}

/** Locking reads of `checkouts`: an order that is just being archived has no checkout here any more (ADR 23). */
export async function insertOrders(transaction: Transaction, orderIds: readonly string[]): Promise<void> {
  await insertOrderRows(transaction, orderIds);
  await insertItemRows(transaction, orderIds);
}

export async function insertOrderRows(transaction: Transaction, orderIds: readonly string[]): Promise<void> {
  await transaction.query(
    `INSERT INTO orders (order_id, user_id, customer, amount, currency, created_at, expires_at, recorded_at)
     SELECT order_id, user_id, NULLIF(customer, '${GUEST}'), amount, currency, created_at, expires_at, UTC_TIMESTAMP(3)
     FROM checkouts WHERE order_id IN (?) ORDER BY order_id LOCK IN SHARE MODE
     ON DUPLICATE KEY UPDATE order_id = orders.order_id`,
    [orderIds],
  );
}

export async function insertItemRows(transaction: Transaction, orderIds: readonly string[]): Promise<void> {
  await transaction.query(
    `INSERT INTO order_items (order_id, sku, quantity, unit_price)
     SELECT c.order_id, line.sku, line.quantity, line.unit_price
     FROM checkouts c, JSON_TABLE(c.items, '$[*]' COLUMNS (
       sku VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PATH '$.sku',
       quantity INT PATH '$.quantity',
       unit_price BIGINT PATH '$.unitPrice')) line
     WHERE c.order_id IN (?) ORDER BY c.order_id LOCK IN SHARE MODE
     ON DUPLICATE KEY UPDATE sku = order_items.sku`,
    [orderIds],
  );
}

/** Locks the rows that it reads, since the caller may have waited for the order's lock (ADR 23). */
const hasOpenBegun = `EXISTS (SELECT 1 FROM begun_payments b FORCE INDEX (one_open)
  WHERE b.order_id = o.order_id AND b.is_open = 1 LOCK IN SHARE MODE)`;

/**
 * For how long the end of the order waits for the close of its payments: until a bounded time after the first close has
 * begun, and while none has begun. NULL where no payment was begun; such an order reads no other table. The
 * order's row is `o`.
 */
export const closingForMs = `CASE
  WHEN close_payments_ms IS NULL OR close_payments_ms = 0 THEN close_payments_ms
  WHEN close_payments_by IS NOT NULL
    THEN GREATEST(0, CEILING(TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(3), close_payments_by) / 1000))
  WHEN ${hasOpenBegun} THEN close_payments_ms ELSE 0 END`;

const recordedColumns = `order_id AS orderId, status, amount, currency, cancel_reason AS cancelReason,
  paid_reason AS paidReason, payment_id AS paymentId, expires_at AS expiresAt, event_count AS eventCount,
  GREATEST(0, CEILING(TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(3), expires_at) / 1000)) AS expiresInMs,
  ${closingForMs} AS closingForMs`;

/** Locks recorded orders for their settlement, in the order of their ids. An order that is not recorded is left out. */
export const lockOrders = (transaction: Transaction, orderIds: readonly string[]): Promise<RecordedOrder[]> =>
  readRecorded(transaction, orderIds, { where: (sql) => sql });

async function readRecorded(
  transaction: Transaction,
  orderIds: readonly string[],
  { where }: { readonly where: Where },
): Promise<RecordedOrder[]> {
  const [rows] = await transaction.query<(RowDataPacket & RecordedOrder)[]>(
    where(`SELECT ${recordedColumns} FROM orders o FORCE INDEX (PRIMARY)
       WHERE order_id IN (?) ORDER BY order_id FOR UPDATE`),
    [orderIds],
  );
  return rows.map(toRecorded);
}

const toRecorded = (row: RecordedOrder): RecordedOrder => ({
  ...row,
  expiresInMs: Number(row.expiresInMs),
  closingForMs: row.closingForMs === null ? null : Number(row.closingForMs),
});

export interface ViewRow extends CheckoutRow {
  readonly status: OrderStatus | null;
  readonly cancel_reason: CancelReason | null;
  readonly paid_reason: PaidReason | null;
  readonly settled_at: Date | null;
  readonly refund: RefundState;
  readonly refunds: string | null;
  readonly succeeds: string | null;
  readonly successor: string | null;
}

/** Of `checkouts c LEFT JOIN orders o`. */
export const viewColumns = `c.*, o.status, o.cancel_reason, o.paid_reason, o.settled_at,
  CASE WHEN EXISTS (SELECT 1 FROM payments p WHERE p.order_id = c.order_id
         AND p.status IN ('refund_required', 'refund_failed'))
       THEN 'required'
       WHEN EXISTS (SELECT 1 FROM payments p WHERE p.order_id = c.order_id
         AND p.status = 'closed' AND p.refund_reason IS NOT NULL)
       THEN 'closed'
       WHEN EXISTS (SELECT 1 FROM payments p WHERE p.order_id = c.order_id AND p.status = 'refunded')
       THEN 'refunded'
       WHEN EXISTS (SELECT 1 FROM payments p WHERE p.order_id = c.order_id AND p.status = 'voided')
       THEN 'voided' ELSE 'none' END AS refund, ${shownRefunds} AS refunds,
  (SELECT s.order_id FROM late_sales s WHERE s.successor_id = c.order_id) AS succeeds,
  (SELECT s.successor_id FROM late_sales s WHERE s.order_id = c.order_id) AS successor`;

export function toView(row: ViewRow): { readonly view: OrderView; readonly readToken: string } {
  const { readToken, traceparent: _, ...order } = toCheckout(row);
  const {
    cancel_reason: cancelReason,
    paid_reason: paidReason,
    settled_at: settledAt,
    refund,
    succeeds,
    successor,
  } = row;
  const status = row.status ?? 'placed';
  const refunds = toShownRefunds(row.refunds);
  const links = { ...(succeeds !== null && { succeeds }), ...(successor !== null && { successor }) };
  return { view: { ...order, status, cancelReason, paidReason, settledAt, refund, refunds, ...links }, readToken };
}

/**
 * An order as its customer sees it, recorded or not, archived or not, and the token that the customer needs to read it.
 *
 * @returns `undefined` when no checkout has this id
 * @throws {DomainError} `dependency-unavailable`
 */
export async function findOrder(
  pool: Pool,
  orderId: string,
): Promise<{ readonly view: OrderView; readonly readToken: string } | undefined> {
  try {
    const [row] = await orArchived(
      async (where) => {
        const sql = where(`SELECT ${viewColumns}
          FROM checkouts c LEFT JOIN orders o ON o.order_id = c.order_id WHERE c.order_id = ?`);
        return (await pool.query<ViewRow[]>(sql, [orderId]))[0];
      },
      ({ length }) => length > 0,
    );
    return row && toView(row);
  } catch (error) {
    throw translated(error);
  }
}

export const orderUnknown = (orderId: string): DomainError =>
  new DomainError('order-unknown', `no checkout has the order id ${orderId}`);
