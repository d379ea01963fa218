import type { ResultSetHeader } from 'mysql2/promise';
import type { Checkout } from '../../domain/checkout.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { type CheckoutRow, checkoutColumns, toCheckout } from './checkout-row.js';

/**
 * The checkouts whose messages the broker has not confirmed, as a queue. Both calls may throw `dependency-unavailable`.
 */
export interface Outbox {
  /** The oldest checkouts that have waited at least `minAgeMs`, by the database's clock. */
  unpublished(options: { readonly minAgeMs: number; readonly limit: number }): Promise<Checkout[]>;
  /** Marks checkouts that the broker confirmed. A second call changes nothing. */
  markPublished(orderIds: readonly string[]): Promise<void>;
}

export function createOutbox(pool: Pool): Outbox {
  return {
    async unpublished({ minAgeMs, limit }) {
      try {
        const [rows] = await pool.query<CheckoutRow[]>(
          `SELECT ${checkoutColumns} FROM checkouts
           WHERE published_at IS NULL AND created_at <= UTC_TIMESTAMP(3) - INTERVAL ? MICROSECOND
           ORDER BY created_at LIMIT ?`,
          [minAgeMs * 1000, limit],
        );
        return rows.map(toCheckout);
      } catch (error) {
        throw translated(error);
      }
    },
    async markPublished(orderIds) {
      if (orderIds.length === 0) return;
      try {
        await pool.query<ResultSetHeader>(
          'UPDATE checkouts SET published_at = UTC_TIMESTAMP(3) WHERE order_id IN (?) AND published_at IS NULL',
          [orderIds],
        );
      } catch (error) {
        throw translated(error);
      }
    },
  };
}
