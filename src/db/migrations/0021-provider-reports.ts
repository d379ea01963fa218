import { column, unless } from '../unless.js';

/**
 * `provider_refunds` has each refund that a provider has reported, ours too, with the last that was reported of it; a
 * failure is final. `disputes` has each dispute; `taken` is the part of a lost one that counts in
 * `payments.returned_amount`. The payment's id is the one that the provider has named. `waiting` is 1 while the payment is
 * not known, or not decided, and NULL afterwards: a range of its index holds only what waits.
 *
 * `order_refunds.displaced` is the part of a refund that does not count in `payments.returned_amount`, since the provider
 * has sent the money back in another way. Processes of the version before write none of these, and the default is right
 * for their rows. With ALGORITHM a server that would copy a table returns an error instead.
 */
const ID = 'CHARACTER SET ascii COLLATE ascii_bin';

export const statements = [
  ...unless(
    column('order_refunds', 'displaced'),
    'ALTER TABLE order_refunds ADD COLUMN displaced BIGINT NOT NULL DEFAULT 0, ALGORITHM = INSTANT',
  ),

  `CREATE TABLE IF NOT EXISTS provider_refunds (
    provider VARCHAR(32) ${ID} NOT NULL,
    provider_refund_id VARCHAR(255) ${ID} NOT NULL,
    payment_id VARCHAR(255) ${ID} NOT NULL,
    amount BIGINT NOT NULL,
    currency CHAR(3) ${ID} NOT NULL,
    state ENUM('succeeded', 'failed') NOT NULL,
    failure VARCHAR(500) NULL,
    refund_key VARCHAR(255) ${ID} NULL,
    waiting TINYINT UNSIGNED NULL,
    reported_at DATETIME(3) NOT NULL,
    PRIMARY KEY (provider, provider_refund_id),
    KEY of_payment (payment_id),
    KEY waits (waiting, reported_at),
    CONSTRAINT report_not_negative CHECK (amount >= 0)
  ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`,

  `CREATE TABLE IF NOT EXISTS disputes (
    provider VARCHAR(32) ${ID} NOT NULL,
    dispute_id VARCHAR(255) ${ID} NOT NULL,
    payment_id VARCHAR(255) ${ID} NOT NULL,
    amount BIGINT NOT NULL,
    currency CHAR(3) ${ID} NOT NULL,
    state ENUM('open', 'won', 'lost') NOT NULL,
    reason VARCHAR(500) NULL,
    taken BIGINT NOT NULL DEFAULT 0,
    waiting TINYINT UNSIGNED NULL,
    opened_at DATETIME(3) NOT NULL,
    closed_at DATETIME(3) NULL,
    PRIMARY KEY (provider, dispute_id),
    KEY of_payment (payment_id),
    KEY by_state (state, opened_at),
    KEY waits (waiting, opened_at),
    CONSTRAINT dispute_not_negative CHECK (amount >= 0),
    CONSTRAINT only_lost_is_taken CHECK (taken = 0 OR (state = 'lost' AND taken BETWEEN 0 AND amount)),
    CONSTRAINT closed_has_time CHECK ((state = 'open') = (closed_at IS NULL))
  ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`,
];
