import { column, unless } from '../unless.js';

/**
 * `moved_deadlines` has a row from the move of an order's deadline until Temporal has taken the signal for the order's
 * workflow. A table of its own, since few orders move: a checkout pays for no further index. `bulk_runs` finds a command
 * that was interrupted.
 *
 * Of `orders`, `processing_at` is when a provider's confirmation became pending, and `reminded_for` the deadline before
 * which the customer was last reminded. Processes of the version before write none of them. With ALGORITHM a server that
 * would copy the table returns an error instead.
 */
export const statements = [
  `CREATE TABLE IF NOT EXISTS moved_deadlines (
    order_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    expires_at DATETIME(3) NOT NULL,
    moved_at DATETIME(3) NOT NULL,
    KEY by_age (moved_at)
  ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`,

  `CREATE TABLE IF NOT EXISTS bulk_runs (
    command BINARY(32) NOT NULL PRIMARY KEY,
    run_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    begun_at DATETIME(3) NOT NULL,
    ended_at DATETIME(3) NULL
  ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`,

  ...unless(
    column('orders', 'processing_at'),
    `ALTER TABLE orders ADD COLUMN processing_at DATETIME(3) NULL,
     ADD COLUMN reminded_for DATETIME(3) NULL, ALGORITHM = INSTANT`,
  ),
];
