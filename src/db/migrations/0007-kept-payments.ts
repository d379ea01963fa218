/**
 * Payments that wait for a person: a payment for an unknown order, or a payment whose refund can never succeed. Each
 * change by a person is a row of `payment_changes`. No process updates or deletes these rows. Columns are added only
 * where they are missing: a migration that died before it was recorded runs again.
 */
export const statements = [
  `ALTER TABLE payments MODIFY COLUMN status ENUM('received', 'accepted', 'refund_required', 'refunded', 'unplaced',
     'refund_failed', 'closed') NOT NULL DEFAULT 'received'`,
  `SET @missing = (SELECT COUNT(*) = 0 FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'payments' AND column_name = 'told_order_id')`,
  `SET @change = IF(@missing, 'ALTER TABLE payments
     ADD COLUMN told_order_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
     ADD COLUMN placed_at DATETIME(3) NULL,
     ADD COLUMN refund_attempt INT UNSIGNED NOT NULL DEFAULT 0,
     ADD COLUMN refund_failure VARCHAR(500) NULL,
     ADD COLUMN refunded_amount BIGINT NULL', 'DO 0')`,
  'PREPARE add_kept_payments FROM @change',
  'EXECUTE add_kept_payments',
  'DEALLOCATE PREPARE add_kept_payments',
  `CREATE TABLE IF NOT EXISTS payment_changes (
    change_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    payment_id VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    action ENUM('place', 'refund', 'close') NOT NULL,
    status_before VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    note VARCHAR(1000) NULL,
    changed_by VARCHAR(100) NOT NULL,
    changed_at DATETIME(3) NOT NULL,
    KEY of_payment (payment_id),
    CONSTRAINT change_has_payment FOREIGN KEY (payment_id) REFERENCES payments (payment_id),
    CONSTRAINT close_has_note CHECK (action <> 'close' OR COALESCE(CHAR_LENGTH(note), 0) > 0)
  ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`,
] as const;
