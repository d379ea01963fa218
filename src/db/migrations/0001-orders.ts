/**
 * The tables in which each fact is decided. A row of `checkouts` is idempotency key, reservation and outbox at once. A
 * row of `orders` is the status of an order. The key of `stock_movements` refuses a second movement of an order's
 * stock. A row of `payments` is money that is accepted or refunded. Keys and checks are named after the rule that they
 * enforce. IF NOT EXISTS: a migration that died half-way runs again from its beginning.
 */
export const statements = [
  `CREATE TABLE IF NOT EXISTS products (
    sku VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    name VARCHAR(200) NOT NULL,
    unit_price BIGINT NOT NULL,
    currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    initial BIGINT NOT NULL,
    available BIGINT NOT NULL,
    reserved BIGINT NOT NULL DEFAULT 0,
    sold BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT price_not_negative CHECK (unit_price >= 0),
    CONSTRAINT stock_never_negative CHECK (available >= 0 AND reserved >= 0 AND sold >= 0),
    CONSTRAINT stock_conserved CHECK (initial = available + reserved + sold)
  ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`,

  `CREATE TABLE IF NOT EXISTS checkouts (
    order_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL,
    idempotency_key VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    fingerprint BINARY(32) NOT NULL,
    items JSON NOT NULL,
    amount BIGINT NOT NULL,
    currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    read_token CHAR(43) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    traceparent CHAR(55) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    created_at DATETIME(3) NOT NULL,
    expires_at DATETIME(3) NOT NULL,
    published_at DATETIME(3) NULL,
    UNIQUE KEY one_reservation_per_key (user_id, idempotency_key),
    KEY outbox (published_at, created_at)
  ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`,

  `CREATE TABLE IF NOT EXISTS orders (
    order_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    status ENUM('placed', 'paid', 'canceled') NOT NULL DEFAULT 'placed',
    cancel_reason VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
    payment_id VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NULL,
    created_at DATETIME(3) NOT NULL,
    expires_at DATETIME(3) NOT NULL,
    recorded_at DATETIME(3) NOT NULL,
    settled_at DATETIME(3) NULL,
    UNIQUE KEY one_order_per_payment (payment_id),
    KEY open_orders_of_user (user_id, status),
    KEY due (status, expires_at),
    CONSTRAINT order_was_checked_out FOREIGN KEY (order_id) REFERENCES checkouts (order_id)
  ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`,

  `CREATE TABLE IF NOT EXISTS order_items (
    order_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    sku VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    quantity INT NOT NULL,
    unit_price BIGINT NOT NULL,
    PRIMARY KEY (order_id, sku),
    CONSTRAINT item_has_order FOREIGN KEY (order_id) REFERENCES orders (order_id),
    CONSTRAINT quantity_positive CHECK (quantity > 0)
  ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`,

  `CREATE TABLE IF NOT EXISTS stock_movements (
    order_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    kind ENUM('sold', 'released') NOT NULL,
    moved_at DATETIME(3) NOT NULL,
    CONSTRAINT movement_has_order FOREIGN KEY (order_id) REFERENCES orders (order_id)
  ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`,

  `CREATE TABLE IF NOT EXISTS payment_events (
    provider VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    event_id VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    body_sha256 BINARY(32) NOT NULL,
    type VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    payment_id VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    order_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    received_at DATETIME(3) NOT NULL,
    PRIMARY KEY (provider, event_id),
    KEY of_order (order_id)
  ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`,

  `CREATE TABLE IF NOT EXISTS payments (
    payment_id VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    provider VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    order_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    amount BIGINT NOT NULL,
    currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    status ENUM('received', 'accepted', 'refund_required', 'refunded') NOT NULL DEFAULT 'received',
    refund_reason VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
    refund_id VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NULL,
    received_at DATETIME(3) NOT NULL,
    decided_at DATETIME(3) NULL,
    refunded_at DATETIME(3) NULL,
    KEY of_order (order_id),
    KEY undecided (status, received_at)
  ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`,
] as const;
