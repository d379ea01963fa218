/**
 * No query finds the orders of a user by `open_orders_of_user`: the open orders of a user are counted by the places in
 * `checkouts`. Each order and each settlement had to write this index.
 *
 * MySQL has no DROP INDEX IF EXISTS, and a migration that died before it was noted runs again. A server that would copy
 * the table, or lock out its writers meanwhile, refuses: the words after the comma say so.
 */
export const statements = [
  `SET @found = (SELECT COUNT(*) > 0 FROM information_schema.statistics
     WHERE table_schema = DATABASE() AND table_name = 'orders' AND index_name = 'open_orders_of_user')`,
  `SET @change = IF(@found, 'ALTER TABLE orders DROP INDEX open_orders_of_user, ALGORITHM = INPLACE, LOCK = NONE',
     'DO 0')`,
  'PREPARE drop_unused_index FROM @change',
  'EXECUTE drop_unused_index',
  'DEALLOCATE PREPARE drop_unused_index',
] as const;
