/**
 * `late_sales` has a row for each canceled order whose late payment has bought what the order wanted: `successor_id` is
 * the order that was paid. The keys give an order one successor, and a payment one. A table of its own, since few orders
 * have one: a checkout pays for no further index. Processes of the version before write no rows, and send late money back.
 */
export const statements = [
  `CREATE TABLE IF NOT EXISTS late_sales (
    order_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    successor_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    payment_id VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    sold_at DATETIME(3) NOT NULL,
    UNIQUE KEY one_order_per_successor (successor_id),
    UNIQUE KEY one_sale_per_payment (payment_id),
    CONSTRAINT late_sale_has_order FOREIGN KEY (order_id) REFERENCES orders (order_id),
    CONSTRAINT late_sale_has_successor FOREIGN KEY (successor_id) REFERENCES orders (order_id)
  ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`,
] as const;
