import test from 'ava';
import type { Pool } from '../../src/db/driver/pool.js';
import { migrate } from '../../src/db/migrate.js';
import { statements } from '../../src/db/migrations/0025-authorisations.js';
import { rows, shopDatabase } from '../helpers/database.js';

const NAME = '0025-authorisations';
const changed = ['payments', 'begun_payments', 'payment_changes'].flatMap((table) => [table, `archived_${table}`]);
const added = ['authorisations', 'archived_authorisations'];
const statuses = ['received', 'accepted', 'refund_required', 'refunded', 'unplaced', 'refund_failed', 'closed'];
const quoted = (values: readonly string[]) => values.map((value) => `'${value}'`).join(', ');

/** As the version before left the tables; 0026 has run. */
async function withoutAuthorisations(pool: Pool): Promise<void> {
  await pool.query(`DROP TABLE ${added.join(', ')}`);
  for (const prefix of ['', 'archived_']) {
    await pool.query(`ALTER TABLE ${prefix}payments DROP COLUMN uncaptured_amount,
      MODIFY COLUMN status ENUM(${quoted(statuses)}) NOT NULL DEFAULT 'received'`);
    await pool.query(`ALTER TABLE ${prefix}begun_payments DROP COLUMN capture, DROP COLUMN closing`);
    await pool.query(
      `ALTER TABLE ${prefix}payment_changes MODIFY COLUMN action ENUM('place', 'refund', 'close') NOT NULL`,
    );
  }
  await pool.query('DELETE FROM schema_migrations WHERE name = ?', [NAME]);
}

async function definitions(pool: Pool) {
  const shown = [];
  for (const table of [...changed, ...added]) shown.push((await rows(pool, `SHOW CREATE TABLE ${table}`))[0]);
  return shown;
}

test('the migration of authorisations that died after any statement is finished behind a later one, with the same tables', async (t) => {
  const { pool } = await shopDatabase(t);
  const wanted = await definitions(pool);
  for (let done = 0; done <= statements.length; done++) {
    await withoutAuthorisations(pool);
    const connection = await pool.getConnection();
    for (const statement of statements.slice(0, done)) await connection.query(statement);
    connection.release();
    t.deepEqual(await migrate(pool), [NAME]);
    t.deepEqual(await definitions(pool), wanted, `after ${done} statements`);
  }
});

for (const [table, column] of [
  ['payments', 'status'],
  ['archived_payments', 'status'],
  ['payment_changes', 'action'],
  ['archived_payment_changes', 'action'],
] as const) {
  test(`the migration of authorisations changes no ${table} that the server would have to copy`, async (t) => {
    const { pool } = await shopDatabase(t);
    await withoutAuthorisations(pool);
    const values = column === 'status' ? statuses : ['place', 'refund', 'close'];
    await pool.query(`ALTER TABLE ${table} MODIFY COLUMN ${column} ENUM(${quoted(values.toReversed())}) NOT NULL`);
    await t.throwsAsync(migrate(pool), { message: /ALGORITHM=INSTANT is not supported/ });
  });
}
