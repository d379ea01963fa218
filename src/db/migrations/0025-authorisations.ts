import { column, unless } from '../unless.js';

/**
 * `authorisations` has a row for each payment that came as an authorisation: the provider holds the money, and moves it
 * with the capture. `authorised`: the capture is owed where the payment is `accepted`, and the void where the payment is
 * `refund_required`. A payment that was paid at once has no row.
 *
 * `payments.uncaptured_amount` is what the provider has not moved of the amount: all of it until the capture, and 0 of a
 * payment that was paid at once. What goes back stays at or below the rest. A payment is `voided` when its authorisation
 * was given up in place of a refund.
 *
 * `begun_payments.capture` is how the payment began, so that each try asks the provider for the same. `closing` counts the
 * tries to close it: an authorisation that arrives behind the first of them pays no order.
 *
 * Processes of the version before know no authorisation: PAYMENT_CAPTURE and STRIPE_CAPTURE are for the time after they
 * have ended. The new values of both enums are the last ones. With ALGORITHM a server that would copy a table returns an
 * error instead.
 */
const statuses = `ENUM('received', 'accepted', 'refund_required', 'refunded', 'unplaced', 'refund_failed', 'closed',
  'voided') NOT NULL DEFAULT 'received'`;

const tables = ['', 'archived_'];

export const statements = [
  ...tables.flatMap((prefix) => [
    `ALTER TABLE ${prefix}payments MODIFY COLUMN status ${statuses}, ALGORITHM = INSTANT`,
    ...unless(
      column(`${prefix}payments`, 'uncaptured_amount'),
      `ALTER TABLE ${prefix}payments ADD COLUMN uncaptured_amount BIGINT NOT NULL DEFAULT 0, ALGORITHM = INSTANT`,
    ),
    ...unless(
      column(`${prefix}begun_payments`, 'closing'),
      `ALTER TABLE ${prefix}begun_payments
         ADD COLUMN capture ENUM(''at-once'', ''at-settlement'') CHARACTER SET ascii NOT NULL DEFAULT ''at-once'',
         ADD COLUMN closing INT UNSIGNED NOT NULL DEFAULT 0, ALGORITHM = INSTANT`,
    ),
    `ALTER TABLE ${prefix}payment_changes
       MODIFY COLUMN action ENUM('place', 'refund', 'close', 'capture') NOT NULL, ALGORITHM = INSTANT`,
  ]),

  `CREATE TABLE IF NOT EXISTS authorisations (
    payment_id VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    state ENUM('authorised', 'captured', 'voided', 'failed', 'closed') NOT NULL DEFAULT 'authorised',
    attempt INT UNSIGNED NOT NULL DEFAULT 0,
    failure VARCHAR(500) NULL,
    authorised_at DATETIME(3) NOT NULL,
    ended_at DATETIME(3) NULL,
    KEY by_state (state, payment_id),
    CONSTRAINT authorisation_has_payment FOREIGN KEY (payment_id) REFERENCES payments (payment_id),
    CONSTRAINT authorisation_ended CHECK ((state = 'authorised') = (ended_at IS NULL)),
    CONSTRAINT authorisation_failed_why CHECK (state <> 'failed' OR failure IS NOT NULL)
  ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`,
  'CREATE TABLE IF NOT EXISTS archived_authorisations LIKE authorisations',
];
