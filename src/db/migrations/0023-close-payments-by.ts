import { column, unless } from '../unless.js';

/**
 * `orders.close_payments_by` is when the order ends although its begun payments are not closed. It is set when the first
 * close after the deadline begins: while no process runs, or while all of them are busy, no order ends unasked. Processes of
 * the version before end the order at `expires_at + close_payments_ms`.
 */
export const statements = ['orders', 'archived_orders'].flatMap((table) =>
  unless(
    column(table, 'close_payments_by'),
    `ALTER TABLE ${table} ADD COLUMN close_payments_by DATETIME(3) NULL, ALGORITHM = INSTANT`,
  ),
);
