import { column, unless } from '../unless.js';

/**
 * `orders.close_payments_by` is when the order ends although its begun payments are not closed. It is set when a provider
 * was asked after the deadline and has not answered: no order ends before its provider was asked. Processes of the version
 * before end the order at `expires_at + close_payments_ms`.
 */
export const statements = ['orders', 'archived_orders'].flatMap((table) =>
  unless(
    column(table, 'close_payments_by'),
    `ALTER TABLE ${table} ADD COLUMN close_payments_by DATETIME(3) NULL, ALGORITHM = INSTANT`,
  ),
);
