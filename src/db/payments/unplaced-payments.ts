import type { RowDataPacket } from 'mysql2/promise';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { assignOrder, type StoredPayment } from './payment-rows.js';

/**
 * Payments that wait for a person: unplaced ones, those whose refund has failed for good, and such refunds of orders. For
 * the bridge's sweep.
 */

/** Payments of one turn; the next turn takes the rest. A rule of thumb. */
const LARGEST_TURN = 1_000;

/**
 * Gives unplaced payments their orders, where the named order exists by now: a restore has ended, or the checkout was
 * committed after the payment's event.
 *
 * @returns how many payments
 * @throws {DomainError} `dependency-unavailable`
 */
export async function assignExistingOrders(pool: Pool): Promise<number> {
  try {
    const [found] = await pool.query<(RowDataPacket & Pick<StoredPayment, 'paymentId' | 'orderId'>)[]>(
      `SELECT p.payment_id AS paymentId, p.order_id AS orderId
       FROM payments p JOIN checkouts c ON c.order_id = p.order_id WHERE p.status = 'unplaced' LIMIT ?`,
      [LARGEST_TURN],
    );
    let assigned = 0;
    // A person may have decided on a payment meanwhile.
    for (const { paymentId, orderId } of found) if (await assignOrder(pool, paymentId, orderId)) assigned++;
    return assigned;
  } catch (error) {
    throw translated(error);
  }
}

export interface WaitingForPerson {
  readonly unplaced: number;
  readonly refundFailed: number;
}

export async function countWaitingForPerson(pool: Pool): Promise<WaitingForPerson> {
  try {
    const [[counts]] = await pool.query<(RowDataPacket & WaitingForPerson)[]>(
      `SELECT COUNT(IF(status = 'unplaced', 1, NULL)) AS unplaced,
         COUNT(IF(status = 'refund_failed', 1, NULL))
           + (SELECT COUNT(*) FROM order_refunds WHERE state = 'failed') AS refundFailed
       FROM payments WHERE status IN ('unplaced', 'refund_failed')`,
    );
    return counts ?? { unplaced: 0, refundFailed: 0 };
  } catch (error) {
    throw translated(error);
  }
}
