import { column, unless } from '../unless.js';

/**
 * `payment_method` is what the checkout said, and has chosen the payment window. `processing_at` is the time at which a
 * payment under way moved the deadline: such a payment does so at most once an order. Both are NULL in every row of an
 * earlier version, which writes neither.
 *
 * With ALGORITHM a server that would copy the table returns an error instead.
 */
export const statements = [
  ...unless(
    column('checkouts', 'payment_method'),
    `ALTER TABLE checkouts ADD COLUMN payment_method VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NULL,
     ALGORITHM = INSTANT`,
  ),
  ...unless(
    column('orders', 'processing_at'),
    'ALTER TABLE orders ADD COLUMN processing_at DATETIME(3) NULL, ALGORITHM = INSTANT',
  ),
];
