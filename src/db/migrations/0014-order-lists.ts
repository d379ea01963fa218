import { index, unless } from '../unless.js';

/**
 * Finds the orders of a SKU. With ALGORITHM and LOCK a server that would copy the table, or lock it against writes,
 * returns an error instead.
 */
export const statements = unless(
  index('order_items', 'of_sku'),
  'ALTER TABLE order_items ADD KEY of_sku (sku, order_id), ALGORITHM = INPLACE, LOCK = NONE',
);
