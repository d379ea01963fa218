import { column, unless } from '../unless.js';

/**
 * `begun_payments` has a row for each payment that was begun here, written before the provider is asked and completed
 * with the provider's `reference` afterwards. `is_open` is 1 until the payment is paid, closed or refused; the key
 * `one_open` gives an order at most one open payment at each provider. `due_at` is when a sweep looks at the payment next.
 *
 * `orders.close_payments_ms` is set with the first of these rows: how long the end of the order may wait after the deadline
 * until its begun payments are closed. It is 0 once they are, and NULL for every order without such a row. Processes of the
 * version before do not wait: what is paid after the end goes back, as any late payment. With ALGORITHM a server that
 * would copy a table returns an error instead.
 */
export const statements = [
  ...unless(
    column('orders', 'close_payments_ms'),
    'ALTER TABLE orders ADD COLUMN close_payments_ms INT NULL, ALGORITHM = INSTANT',
  ),

  `CREATE TABLE IF NOT EXISTS begun_payments (
    begun_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    order_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    provider VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    begun_as ENUM('client-secret', 'page') NOT NULL,
    return_url VARCHAR(2000) CHARACTER SET ascii COLLATE ascii_bin NULL,
    cancel_url VARCHAR(2000) CHARACTER SET ascii COLLATE ascii_bin NULL,
    reference VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NULL,
    state ENUM('begun', 'paid', 'closed', 'refused') NOT NULL DEFAULT 'begun',
    is_open TINYINT UNSIGNED NULL DEFAULT 1,
    payment_id VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NULL,
    failure VARCHAR(500) NULL,
    looks INT UNSIGNED NOT NULL DEFAULT 0,
    begun_at DATETIME(3) NOT NULL,
    due_at DATETIME(3) NOT NULL,
    ended_at DATETIME(3) NULL,
    UNIQUE KEY one_open (order_id, provider, is_open),
    UNIQUE KEY one_reference (provider, reference),
    KEY to_look_at (is_open, due_at, begun_id),
    CONSTRAINT begun_has_order FOREIGN KEY (order_id) REFERENCES orders (order_id),
    CONSTRAINT begun_is_open CHECK ((state = 'begun') = (is_open IS NOT NULL)),
    CONSTRAINT begun_open_is_one CHECK (is_open IS NULL OR is_open = 1),
    CONSTRAINT begun_ended CHECK ((state = 'begun') = (ended_at IS NULL)),
    CONSTRAINT begun_paid_by CHECK ((state = 'paid') = (payment_id IS NOT NULL)),
    CONSTRAINT begun_refused_why CHECK ((state = 'refused') = (failure IS NOT NULL))
  ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`,
];
