import type { RowDataPacket } from 'mysql2/promise';
import type { OrderView } from '../../domain/order.js';
import type { OrderRefund } from '../../domain/order-refund.js';
import { orArchived, type Where } from '../archive/also-archived.js';
import { inArchive } from '../archive/tables.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { type PaymentRecord, paymentsOfOrder } from '../payments/payment-list.js';
import { listRefunds } from '../refunds/open-refunds.js';
import { type Dispute, disputesOf } from '../reports/disputes.js';
import { findOrder } from './orders.js';

/** All that the database has about an order, for an operator. The read token is left out. */
export interface OrderRecord extends OrderView {
  /** The rows of the order are in the archive. */
  readonly archived: boolean;
  readonly message: {
    /** When the broker took the order's message; null while the message waits in the outbox. */
    readonly publishedAt: Date | null;
    /** When the order was recorded; null before. */
    readonly recordedAt: Date | null;
    /** The order has ended, and its workflow has no report of the end yet. */
    readonly reportDue: boolean;
  };
  readonly payments: readonly PaymentRecord[];
  /** The payments that were begun here, with what became of them. */
  readonly begunPayments: readonly object[];
  readonly orderRefunds: readonly OrderRefund[];
  readonly disputes: readonly Dispute[];
  readonly paymentEvents: readonly object[];
  readonly stockMovements: readonly object[];
  readonly stockDiscrepancies: readonly object[];
  readonly events: readonly object[];
}

/** @returns `undefined` when no checkout has this id. @throws {DomainError} `dependency-unavailable` */
export const readOrderRecord = (pool: Pool, orderId: string): Promise<OrderRecord | undefined> =>
  orArchived(
    (where) => readRecord(pool, orderId, where),
    (record) => record !== undefined,
  );

async function readRecord(pool: Pool, orderId: string, where: Where): Promise<OrderRecord | undefined> {
  const ofOrder = (sql: string) => select(pool, where(sql), orderId);
  const [message] = await ofOrder(
    `SELECT c.published_at AS publishedAt, o.recorded_at AS recordedAt, o.report_due AS reportDue
     FROM checkouts c LEFT JOIN orders o ON o.order_id = c.order_id WHERE c.order_id = ?`,
  );
  const found = message && (await findOrder(pool, orderId));
  if (message === undefined || found === undefined) return undefined;
  const payments = await paymentsOfOrder(pool, orderId, where);
  return {
    ...found.view,
    archived: where === inArchive,
    message: {
      publishedAt: message['publishedAt'],
      recordedAt: message['recordedAt'],
      reportDue: message['reportDue'] === 1,
    },
    payments,
    begunPayments: await ofOrder(
      `SELECT provider, reference, begun_as AS \`as\`, state, failure, begun_at AS begunAt, ended_at AS endedAt
       FROM begun_payments FORCE INDEX (one_open) WHERE order_id = ? ORDER BY begun_at, begun_id`,
    ),
    orderRefunds: await listRefunds(pool, { orderId }, where),
    disputes: await disputesOf(
      pool,
      payments.map(({ paymentId }) => paymentId),
      where,
    ),
    paymentEvents: await ofOrder(
      `SELECT provider, event_id AS eventId, type, payment_id AS paymentId, received_at AS receivedAt
       FROM payment_events WHERE order_id = ? ORDER BY received_at, event_id`,
    ),
    stockMovements: await ofOrder('SELECT kind, moved_at AS movedAt FROM stock_movements WHERE order_id = ?'),
    stockDiscrepancies: await ofOrder(
      `SELECT sku, quantity, movement, cause, found_at AS foundAt, resolved_at AS resolvedAt
       FROM stock_discrepancies WHERE order_id = ? ORDER BY sku`,
    ),
    events: (
      await ofOrder(
        'SELECT type, sku, data, occurred_at AS occurredAt FROM events WHERE order_id = ? ORDER BY position',
      )
    ).map((event) => ({ ...event, data: JSON.parse(event.data) as unknown })),
  };
}

async function select(pool: Pool, sql: string, orderId: string): Promise<RowDataPacket[]> {
  try {
    const [rows] = await pool.query<RowDataPacket[]>(sql, [orderId]);
    return rows;
  } catch (error) {
    throw translated(error);
  }
}
