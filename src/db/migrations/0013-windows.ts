import { column, unless } from '../unless.js';

/**
 * `payment_method` is what the checkout said, and has chosen the payment window. The column is NULL in every row of an
 * earlier version, which does not write the column.
 *
 * With ALGORITHM a server that would copy the table returns an error instead.
 */
export const statements = unless(
  column('checkouts', 'payment_method'),
  `ALTER TABLE checkouts ADD COLUMN payment_method VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NULL,
   ALGORITHM = INSTANT`,
);
