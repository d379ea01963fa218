import type { ResultSetHeader } from 'mysql2/promise';
import type { Checkout } from '../../domain/checkout.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { type CheckoutRow, checkoutColumns, toCheckout } from './checkout-row.js';

/** The checkouts that no confirm has been seen for, seen as a queue. */
export interface Outbox {
  /** The oldest ones that have waited at least `minAgeMs`, by the database's clock. */
  unpublished(options: { readonly minAgeMs: number; readonly limit: number }): Promise<Checkout[]>;
  /** Marks what the broker confirmed. Marking twice is harmless. */
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
