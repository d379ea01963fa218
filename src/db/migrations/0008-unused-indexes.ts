/**
 * Drops the index `open_orders_of_user`. No query uses the index, since the places in `checkouts` count the open orders of
 * a user, and each order and each settlement had to write it.
 *
 * MySQL has no DROP INDEX IF EXISTS, and a migration that died before it was recorded runs again. With ALGORITHM and LOCK
 * a server that would copy the table, or lock it against writes, returns an error instead.
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
