import { column, index, unless } from '../unless.js';

/**
 * A customer is a number in `user_id`, a text in `customer`, or a guest. Processes of the version before write `user_id`
 * only, so `user_id` stays, and may be NULL from here on. In `checkouts` a guest has the text without a character in
 * `customer`: two rows with NULL are never equal to a unique key, and guests share one space of Idempotency-Keys. The
 * unique keys of `user_id` guard numbers, also against processes of the version before.
 *
 * MySQL, and MariaDB for most tables, rebuild a table whose column becomes NULL. Reads and writes continue meanwhile:
 * with ALGORITHM and LOCK a server that would copy the table, or lock it against writes, returns an error instead.
 */
const TEXT = 'VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL';

const toNullable = (table: string) =>
  unless(
    `${column(table, 'user_id')} AND is_nullable = 'YES'`,
    `ALTER TABLE ${table} MODIFY COLUMN user_id BIGINT NULL, ALGORITHM = INPLACE, LOCK = NONE`,
  );

const addText = (table: string) =>
  unless(column(table, 'customer'), `ALTER TABLE ${table} ADD COLUMN customer ${TEXT}, ALGORITHM = INSTANT`);

const addUnique = (name: string, columns: string) =>
  unless(
    index('checkouts', name),
    `ALTER TABLE checkouts ADD UNIQUE KEY ${name} (${columns}), ALGORITHM = INPLACE, LOCK = NONE`,
  );

export const statements = [
  ...toNullable('orders'),
  ...toNullable('checkouts'),
  ...addText('orders'),
  ...addText('checkouts'),
  ...addUnique('one_reservation_per_customer_key', 'customer, idempotency_key'),
  ...addUnique('one_open_order_per_customer_place', 'customer, open_place'),
];
