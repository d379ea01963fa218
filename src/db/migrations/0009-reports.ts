import { column, index, unless } from '../unless.js';

/**
 * `report_due` is 1 from an order's end until Temporal has taken the report for the order's workflow, and NULL otherwise.
 * So a range of its index holds only the orders whose report is due.
 *
 * With ALGORITHM and LOCK a server that would copy the table, or lock it against writes, returns an error instead.
 */
export const statements = [
  ...unless(
    column('orders', 'report_due'),
    'ALTER TABLE orders ADD COLUMN report_due TINYINT UNSIGNED NULL, ALGORITHM = INSTANT',
  ),
  ...unless(
    index('orders', 'reports_due'),
    'ALTER TABLE orders ADD KEY reports_due (report_due, settled_at), ALGORITHM = INPLACE, LOCK = NONE',
  ),
];
