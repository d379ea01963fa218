/**
 * `report_due` is 1 from an order's end until Temporal has taken the report for the order's workflow, and NULL otherwise.
 * So a range of its index holds only the orders whose report is due.
 *
 * MySQL has no IF NOT EXISTS here, and a migration that died before it was recorded runs again. With ALGORITHM and LOCK a
 * server that would copy the table, or lock it against writes, returns an error instead.
 */
const unless = (found: string, change: string) => [
  `SET @missing = (SELECT COUNT(*) = 0 FROM information_schema.${found})`,
  `SET @change = IF(@missing, '${change}', 'DO 0')`,
  'PREPARE change_orders FROM @change',
  'EXECUTE change_orders',
  'DEALLOCATE PREPARE change_orders',
];

const inOrders = "WHERE table_schema = DATABASE() AND table_name = 'orders'";

export const statements = [
  ...unless(
    `columns ${inOrders} AND column_name = 'report_due'`,
    'ALTER TABLE orders ADD COLUMN report_due TINYINT UNSIGNED NULL, ALGORITHM = INSTANT',
  ),
  ...unless(
    `statistics ${inOrders} AND index_name = 'reports_due'`,
    'ALTER TABLE orders ADD KEY reports_due (report_due, settled_at), ALGORITHM = INPLACE, LOCK = NONE',
  ),
];
