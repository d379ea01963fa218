/**
 * `products_in_use` has a row for each product that was ever reserved. Its foreign key refuses to delete or rename such
 * a product. A foreign key on `order_items` would do the same, but would lock the product's row at each insert.
 * `stock_discrepancies` holds the stock that a settlement could not move, for a person.
 */
export const statements = [
  `CREATE TABLE IF NOT EXISTS products_in_use (
    sku VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    CONSTRAINT product_is_in_use FOREIGN KEY (sku) REFERENCES products (sku) ON DELETE RESTRICT ON UPDATE RESTRICT
  ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`,

  `INSERT INTO products_in_use (sku)
   SELECT sku FROM products WHERE reserved > 0 OR sold > 0 ORDER BY sku
   ON DUPLICATE KEY UPDATE sku = products_in_use.sku`,

  `CREATE TABLE IF NOT EXISTS stock_discrepancies (
    order_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    sku VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    quantity INT NOT NULL,
    movement ENUM('sold', 'released') NOT NULL,
    cause ENUM('product-missing', 'not-reserved', 'stock-inconsistent') NOT NULL,
    found_at DATETIME(3) NOT NULL,
    resolved_at DATETIME(3) NULL,
    PRIMARY KEY (order_id, sku),
    KEY unresolved (resolved_at, found_at),
    CONSTRAINT discrepancy_has_order FOREIGN KEY (order_id) REFERENCES orders (order_id)
  ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`,
] as const;
