/**
 * Each table `archived_…` has the columns and the keys of its table of the shop, and no foreign key: its rows come and go
 * together, in one transaction. A later migration that adds a column to a table of the shop adds the column here too.
 *
 * `archived_units` is what the archived orders have sold of each SKU, and `archived_money` their number and their money in
 * each currency: `sold` is the sum of the paid orders, `received` of all payments, `returned` of all that went back.
 *
 * Processes of the version before know none of these tables.
 */
const archived = [
  ...['checkouts', 'orders', 'order_items', 'stock_movements', 'stock_discrepancies'],
  ...['payments', 'payment_events', 'payment_changes', 'order_refunds', 'begun_payments', 'late_sales'],
];

export const statements = [
  ...archived.map((table) => `CREATE TABLE IF NOT EXISTS archived_${table} LIKE ${table}`),

  `CREATE TABLE IF NOT EXISTS archived_units (
    sku VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
    sold BIGINT NOT NULL,
    CONSTRAINT archived_units_not_negative CHECK (sold >= 0)
  ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`,

  `CREATE TABLE IF NOT EXISTS archived_money (
    currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    orders BIGINT NOT NULL,
    sold BIGINT NOT NULL,
    received BIGINT NOT NULL,
    returned BIGINT NOT NULL,
    CONSTRAINT archived_money_not_negative CHECK (orders >= 0 AND sold >= 0 AND received >= 0 AND returned >= 0)
  ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`,
];
