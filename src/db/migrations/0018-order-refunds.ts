import { column, unless } from '../unless.js';

/**
 * `order_refunds` has a row for each refund or return of a paid order. `returned_lines` are the units by SKU, in the
 * order in which the stock is locked; with `restock` the ledger has a row for each of them, under the key
 * `refund:<refund_id>:<number of the line>`.
 *
 * `required_at` is when the refund was requested, or when a person has asked for it again.
 *
 * `payments.returned_amount` is the sum of the payment's rows in `order_refunds`, and `order_items.returned` the sum of the
 * line's units there: guarded updates keep them at or below what was paid and what was bought. `payment_changes` names the
 * refund that a person has changed. Processes of the version before write none of these columns, and the defaults are
 * right for their rows. With ALGORITHM a server that would copy a table returns an error instead.
 */
export const statements = [
  ...unless(
    column('payments', 'returned_amount'),
    'ALTER TABLE payments ADD COLUMN returned_amount BIGINT NOT NULL DEFAULT 0, ALGORITHM = INSTANT',
  ),
  ...unless(
    column('order_items', 'returned'),
    'ALTER TABLE order_items ADD COLUMN returned INT NOT NULL DEFAULT 0, ALGORITHM = INSTANT',
  ),
  ...unless(
    column('payment_changes', 'order_refund_id'),
    `ALTER TABLE payment_changes ADD COLUMN order_refund_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
     ALGORITHM = INSTANT`,
  ),

  `CREATE TABLE IF NOT EXISTS order_refunds (
    refund_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    order_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    payment_id VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NULL,
    amount BIGINT NOT NULL,
    currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    returned_lines JSON NOT NULL,
    restock TINYINT UNSIGNED NOT NULL,
    state ENUM('required', 'refunded', 'failed', 'closed', 'returned') NOT NULL,
    attempt INT UNSIGNED NOT NULL DEFAULT 0,
    provider_refund_id VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NULL,
    refunded_amount BIGINT NULL,
    failure VARCHAR(500) NULL,
    reason VARCHAR(500) NULL,
    requested_by VARCHAR(100) NOT NULL,
    requested_at DATETIME(3) NOT NULL,
    required_at DATETIME(3) NOT NULL,
    refunded_at DATETIME(3) NULL,
    idempotency_key VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    fingerprint BINARY(32) NOT NULL,
    UNIQUE KEY one_refund_per_key (idempotency_key),
    KEY of_order (order_id),
    KEY of_payment (payment_id),
    KEY by_state (state, refund_id),
    CONSTRAINT refund_has_order FOREIGN KEY (order_id) REFERENCES orders (order_id),
    CONSTRAINT refund_not_negative CHECK (amount >= 0),
    CONSTRAINT money_has_payment CHECK ((amount = 0) = (payment_id IS NULL)),
    CONSTRAINT no_money_is_returned CHECK ((amount = 0) = (state = 'returned')),
    CONSTRAINT refunded_has_id CHECK ((state = 'refunded') = (provider_refund_id IS NOT NULL)),
    CONSTRAINT failed_has_reason CHECK (state <> 'failed' OR failure IS NOT NULL)
  ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`,
];
