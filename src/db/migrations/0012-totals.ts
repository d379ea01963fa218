import { column, index, unless } from '../unless.js';

/**
 * What the shop adds to an order: `adjustments` of its amount, its own `reference`, and `metadata`. The unique key gives a
 * reference to one order; processes of the version before write none. `paid_reason` says why an order is paid without a
 * payment.
 *
 * The two lists are texts with JSON in them: MariaDB adds a column of the type JSON only with a copy of the table, because
 * of the check that belongs to this type. With ALGORITHM and LOCK a server that would copy the table, or lock it against
 * writes, returns an error instead.
 */
export const statements = [
  ...unless(
    column('checkouts', 'adjustments'),
    `ALTER TABLE checkouts ADD COLUMN adjustments MEDIUMTEXT CHARACTER SET utf8mb4 NULL,
     ADD COLUMN reference VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
     ADD COLUMN metadata MEDIUMTEXT CHARACTER SET utf8mb4 NULL, ALGORITHM = INSTANT`,
  ),
  ...unless(
    index('checkouts', 'one_order_per_reference'),
    'ALTER TABLE checkouts ADD UNIQUE KEY one_order_per_reference (reference), ALGORITHM = INPLACE, LOCK = NONE',
  ),
  ...unless(
    column('orders', 'paid_reason'),
    `ALTER TABLE orders ADD COLUMN paid_reason VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
     ALGORITHM = INSTANT`,
  ),
];
