import { column, unless } from '../unless.js';

/**
 * SKUs become printable Unicode, compared by their bytes. `utf8mb4_bin` exists in MySQL and MariaDB; it ignores blanks at
 * the end, and a SKU has no blank there. MySQL and MariaDB copy a table whose key changes its character set: reads
 * continue, and writes to this table wait. Checkouts wait for the copy of `products` (a second for 100,000 products).
 * Recordings and settlements wait for the copy of `order_items`.
 */
const SKU = 'VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL';

const isUnicode = (table: string) => `${column(table, 'sku')} AND character_set_name = 'utf8mb4'`;

const toUnicode = (table: string) => unless(isUnicode(table), `ALTER TABLE ${table} MODIFY COLUMN sku ${SKU}`);

const foreignKey =
  "table_constraints WHERE table_schema = DATABASE() AND table_name = 'products_in_use' AND constraint_name = 'product_is_in_use'";

/**
 * `stock_changes` is the ledger of the stock: for each SKU the sum of `quantity` is `initial` of the product. `counted` is
 * what a count found on the shelf. A change and its answer are found again by the Idempotency-Key. `events` holds facts
 * for other systems, each written by the transaction that makes it true.
 */
export const statements = [
  ...unless(
    column('products', 'active'),
    `ALTER TABLE products ADD COLUMN active TINYINT UNSIGNED NOT NULL DEFAULT 1,
     ADD COLUMN max_per_order INT UNSIGNED NULL`,
  ),
  // The foreign key refuses a change of only one of its columns. A run that died between the statements goes on here.
  `SET @ascii = (SELECT COUNT(*) > 0 FROM information_schema.columns WHERE table_schema = DATABASE()
     AND table_name IN ('products', 'products_in_use') AND column_name = 'sku' AND character_set_name <> 'utf8mb4')`,
  `SET @change = IF(@ascii AND EXISTS (SELECT 1 FROM information_schema.${foreignKey}),
     'ALTER TABLE products_in_use DROP FOREIGN KEY product_is_in_use', 'DO 0')`,
  'PREPARE change_table FROM @change',
  'EXECUTE change_table',
  'DEALLOCATE PREPARE change_table',
  ...toUnicode('products'),
  ...toUnicode('products_in_use'),
  ...unless(
    foreignKey,
    `ALTER TABLE products_in_use ADD CONSTRAINT product_is_in_use FOREIGN KEY (sku) REFERENCES products (sku)
     ON DELETE RESTRICT ON UPDATE RESTRICT`,
  ),
  ...toUnicode('stock_discrepancies'),
  ...toUnicode('order_items'),

  `CREATE TABLE IF NOT EXISTS stock_changes (
    change_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    sku ${SKU},
    kind ENUM('opening', 'received', 'counted', 'corrected', 'lost', 'returned') NOT NULL,
    quantity BIGINT NOT NULL,
    counted BIGINT NULL,
    reason VARCHAR(500) NULL,
    reference VARCHAR(100) NULL,
    changed_by VARCHAR(100) NOT NULL,
    changed_at DATETIME(3) NOT NULL,
    available_after BIGINT NOT NULL,
    reserved_after BIGINT NOT NULL,
    idempotency_key VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NULL,
    fingerprint BINARY(32) NULL,
    canceled_orders JSON NULL,
    UNIQUE KEY one_change_per_key (idempotency_key),
    KEY of_sku (sku),
    CONSTRAINT change_has_product FOREIGN KEY (sku) REFERENCES products (sku) ON DELETE CASCADE ON UPDATE RESTRICT
  ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`,
  `INSERT INTO stock_changes (sku, kind, quantity, reason, changed_by, changed_at, available_after, reserved_after)
   SELECT p.sku, 'opening', p.initial, 'stock at the beginning of the ledger', 'migration', UTC_TIMESTAMP(3), p.available,
     p.reserved
   FROM products p WHERE NOT EXISTS (SELECT 1 FROM stock_changes c WHERE c.sku = p.sku) ORDER BY p.sku`,

  `CREATE TABLE IF NOT EXISTS events (
    position BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    event_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    type VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    order_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
    sku VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    data JSON NOT NULL,
    occurred_at DATETIME(3) NOT NULL,
    UNIQUE KEY one_row_per_event (event_id),
    KEY of_order (order_id),
    KEY of_sku (sku)
  ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`,
];
