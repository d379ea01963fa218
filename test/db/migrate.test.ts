import { readdirSync } from 'node:fs';
import test from 'ava';
import { until } from '../../src/cli/story/until.js';
import { migrate } from '../../src/db/migrate.js';
import { statements } from '../../src/db/migrations/0001-orders.js';
import { withNamedLock } from '../../src/db/named-lock.js';
import { addProducts, readStock } from '../../src/db/products.js';
import { openPool, placeOrder, product, rows } from '../helpers/database.js';
import { createDatabase } from '../helpers/servers.js';

/** One file a migration, in the order of their names. */
const migrations = readdirSync(new URL('../../src/db/migrations', import.meta.url))
  .filter((file) => file.endsWith('.js'))
  .map((file) => file.slice(0, -'.js'.length))
  .toSorted();
const tables = [
  'checkouts',
  'order_items',
  'orders',
  'payment_events',
  'payments',
  'products',
  'products_in_use',
  'schema_migrations',
  'stock_discrepancies',
  'stock_movements',
];
const tablesOf = async (pool: ReturnType<typeof openPool>) =>
  (await rows(pool, 'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()'))
    .map(({ name }) => name)
    .toSorted();

test('an empty database is brought up to date once, and then left alone', async (t) => {
  const pool = openPool(t, (await createDatabase(t)).url);
  t.deepEqual(await migrate(pool), migrations);
  t.deepEqual(await tablesOf(pool), tables);
  t.deepEqual(await migrate(pool), []);
});

test('processes that start together migrate once', async (t) => {
  const { url } = await createDatabase(t);
  const ran = await Promise.all(Array.from({ length: 5 }, () => migrate(openPool(t, url, 1))));
  t.deepEqual(ran.flat(), migrations);
});

for (const [when, done] of [
  ['after its third table', 3],
  ['before it was noted', statements.length],
] as const) {
  test(`a migration that died ${when} is finished by the next start`, async (t) => {
    const pool = openPool(t, (await createDatabase(t)).url);
    for (const statement of statements.slice(0, done)) await pool.query(statement);
    await addProducts(pool, [product()]);
    t.deepEqual(await migrate(pool), migrations);
    t.deepEqual(await tablesOf(pool), tables);
    await placeOrder(pool);
    t.like((await readStock(pool))[0], { available: 9, reserved: 1 });
  });
}

test('a column that was added before its migration was noted is left as it is', async (t) => {
  const pool = openPool(t, (await createDatabase(t)).url);
  await migrate(pool);
  await pool.query("DELETE FROM schema_migrations WHERE name = '0002-open-places'");
  t.deepEqual(await migrate(pool), ['0002-open-places']);
  await addProducts(pool, [product()]);
  await placeOrder(pool);
});

test('a migration whose connection is killed is told as an outage, and is finished by the next start', async (t) => {
  const { url } = await createDatabase(t);
  const [pool, other] = [openPool(t, url), await openPool(t, url).getConnection()];
  for (const statement of statements) await pool.query(statement);
  await other.query('START TRANSACTION');
  await other.query('SELECT 1 FROM checkouts');
  const migrating = t.throwsAsync(migrate(pool), { code: 'dependency-unavailable' });
  const waiting = await until(
    'the change to wait for the table',
    () => rows(pool, "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND state LIKE '%metadata%'"),
    (found) => found.length === 1,
  );
  await pool.query(`KILL ${waiting[0]?.id}`);
  await migrating;
  await other.query('COMMIT');
  other.release();
  t.deepEqual(await migrate(pool), migrations.slice(1));
});

test('a process that dies while it holds the lock does not keep the others out', async (t) => {
  const { url } = await createDatabase(t);
  const [first, second] = [openPool(t, url, 1), openPool(t, url, 1)];
  const dying = withNamedLock(first, 'the lock', 5, async (connection) => {
    connection.destroy();
    throw new Error('died');
  });
  await t.throwsAsync(dying, { message: 'died' });
  t.is(await withNamedLock(second, 'the lock', 5, async () => 'held'), 'held');
});

test('a lock that another keeps is said to be so, and the work is not begun', async (t) => {
  const { url } = await createDatabase(t);
  const [first, second] = [openPool(t, url, 1), openPool(t, url, 1)];
  await withNamedLock(first, 'the lock', 5, async () => {
    const begun = withNamedLock(second, 'the lock', 0, async () => t.fail('two hold one lock'));
    await t.throwsAsync(begun, { code: 'dependency-unavailable', message: /another process holds the lock the lock/ });
  });
});

test('products that exist keep their price and their stock', async (t) => {
  const pool = openPool(t, (await createDatabase(t)).url);
  await migrate(pool);
  t.is(await addProducts(pool, [product()]), 1);
  await placeOrder(pool);
  t.is(await addProducts(pool, [product({ unitPrice: 1, stock: 99 }), product({ sku: 'lamp' })]), 1);
  t.deepEqual(await rows(pool, 'SELECT sku, unit_price, initial, available FROM products ORDER BY sku'), [
    { sku: 'lamp', unit_price: 1250, initial: 10, available: 10 },
    { sku: 'mug', unit_price: 1250, initial: 10, available: 9 },
  ]);
});
