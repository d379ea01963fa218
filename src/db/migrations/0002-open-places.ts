/**
 * `open_place` is the place of an open order among the user's open orders. It is NULL from the settlement on, and where
 * no limit is set. MySQL has no ADD COLUMN IF NOT EXISTS, and a migration that died before it was recorded runs again.
 */
export const statements = [
  `SET @missing = (SELECT COUNT(*) = 0 FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'checkouts' AND column_name = 'open_place')`,
  `SET @change = IF(@missing, 'ALTER TABLE checkouts ADD COLUMN open_place SMALLINT UNSIGNED NULL,
     ADD UNIQUE KEY one_open_order_per_place (user_id, open_place)', 'DO 0')`,
  'PREPARE add_open_place FROM @change',
  'EXECUTE add_open_place',
  'DEALLOCATE PREPARE add_open_place',
] as const;
