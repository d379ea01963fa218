import test from 'ava';
import { archivedTables, inArchive, keptTables } from '../../../src/db/archive/tables.js';
import { rows, shopDatabase } from '../../helpers/database.js';

const names = archivedTables.map(({ name }) => name);

test('each table of the schema is archived with its order, or stays for a reason', async (t) => {
  const { pool } = await shopDatabase(t, []);
  const tables = await rows(
    pool,
    'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()',
  );
  const listed = [...names, ...names.map((name) => `archived_${name}`), ...Object.keys(keptTables)];
  t.deepEqual(tables.map(({ name }) => name).toSorted(), listed.toSorted());
});

test('each archived table has the columns and the keys of its table', async (t) => {
  const { pool } = await shopDatabase(t, []);
  const columns = (table: string) =>
    rows(
      pool,
      `SELECT column_name AS name, column_type AS type, is_nullable AS nullable, collation_name AS collation
       FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? ORDER BY column_name`,
      [table],
    );
  const keys = (table: string) =>
    rows(
      pool,
      `SELECT index_name AS name, seq_in_index AS n, column_name AS part, non_unique AS others
       FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = ? ORDER BY 1, 2`,
      [table],
    );
  for (const name of names) {
    t.deepEqual(await columns(`archived_${name}`), await columns(name), name);
    t.deepEqual(await keys(`archived_${name}`), await keys(name), name);
  }
});

test('each table that names an order, and each that names a payment, is archived or stays for a reason', async (t) => {
  const { pool } = await shopDatabase(t, []);
  const found = await rows(
    pool,
    `SELECT DISTINCT table_name AS name FROM information_schema.columns WHERE table_schema = DATABASE()
       AND column_name IN ('order_id', 'payment_id') AND table_name NOT LIKE 'archived%' ORDER BY table_name`,
  );
  for (const { name } of found) t.true(names.includes(String(name)) || String(name) in keptTables, String(name));
});

test('a query of the shop becomes one of the archive, and a query of the archive stays', (t) => {
  t.is(
    inArchive('SELECT 1 FROM orders o STRAIGHT_JOIN order_items i LEFT JOIN products p, (SELECT 1 FROM payments) x'),
    'SELECT 1 FROM archived_orders o STRAIGHT_JOIN archived_order_items i LEFT JOIN products p, (SELECT 1 FROM archived_payments) x',
  );
  t.is(inArchive('SELECT 1 FROM archived_orders JOIN ordersets'), 'SELECT 1 FROM archived_orders JOIN ordersets');
});
