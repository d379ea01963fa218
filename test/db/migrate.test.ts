import { readdirSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { loadOrders } from '../../bench/load-orders.js';
import { until } from '../../src/cli/story/until.js';
import { moveDeadline } from '../../src/db/deadlines/moves.js';
import { withNamedLock } from '../../src/db/driver/named-lock.js';
import type { Pool } from '../../src/db/driver/pool.js';
import { fanOut } from '../../src/db/events/fan-out.js';
import { migrate } from '../../src/db/migrate.js';
import { statements } from '../../src/db/migrations/0001-orders.js';
import { statements as openOrderStatements } from '../../src/db/migrations/0003-open-orders.js';
import { statements as deadlineStatements } from '../../src/db/migrations/0016-deadlines.js';
import { statements as refundStatements } from '../../src/db/migrations/0018-order-refunds.js';
import { statements as endpointStatements } from '../../src/db/migrations/0019-endpoints.js';
import { statements as begunStatements } from '../../src/db/migrations/0020-begun-payments.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { addProducts, readStock } from '../../src/db/products.js';
import { openPool, placeOrder, product, rows, shopDatabase } from '../helpers/database.js';
import { addReceiver } from '../helpers/endpoints.js';
import { paidOrder, refundOf } from '../helpers/refunds.js';
import { createDatabase } from '../helpers/servers.js';

/** A file for each migration, in the order of their names. */
const migrations = readdirSync(new URL('../../src/db/migrations', import.meta.url))
  .filter((file) => file.endsWith('.js'))
  .map((file) => file.slice(0, -'.js'.length))
  .toSorted();
/** The greatest payment window. */
const LATEST = 3_600_000;
const archived = [
  ...['checkouts', 'orders', 'order_items', 'stock_movements', 'stock_discrepancies'],
  ...[
    'payments',
    'payment_events',
    'payment_changes',
    'authorisations',
    'order_refunds',
    'begun_payments',
    'late_sales',
  ],
].map((name) => `archived_${name}`);
const tables = [
  ...archived,
  'archived_money',
  'archived_units',
  'authorisations',
  'begun_payments',
  'bulk_runs',
  'checkouts',
  'disputes',
  'endpoints',
  'event_deliveries',
  'events',
  'forgotten_orders',
  'late_sales',
  'moved_deadlines',
  'order_items',
  'order_refunds',
  'orders',
  'payment_changes',
  'payment_events',
  'payments',
  'products',
  'products_in_use',
  'provider_refunds',
  'schema_migrations',
  'stock_changes',
  'stock_discrepancies',
  'stock_movements',
].toSorted();
const tablesOf = async (pool: ReturnType<typeof openPool>) =>
  (await rows(pool, 'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()'))
    .map(({ name }) => name)
    .toSorted();

test('an empty database is migrated once, and not changed afterwards', async (t) => {
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

/** As an account wrote a product before the ledger of the stock. */
async function addOldProduct(pool: Pool, sku: string): Promise<void> {
  await pool.query(
    "INSERT INTO products (sku, name, unit_price, currency, initial, available) VALUES (?, 'a mug', 1250, 'EUR', 10, 10)",
    [sku],
  );
}

for (const [when, done] of [
  ['after its third table', 3],
  ['before it was noted', statements.length],
] as const) {
  test(`a migration that died ${when} is finished by the next start`, async (t) => {
    const pool = openPool(t, (await createDatabase(t)).url);
    for (const statement of statements.slice(0, done)) await pool.query(statement);
    await addOldProduct(pool, 'mug');
    t.deepEqual(await migrate(pool), migrations);
    t.deepEqual(await tablesOf(pool), tables);
    await placeOrder(pool);
    t.like((await readStock(pool))[0], { available: 9, reserved: 1 });
  });
}

test('an added column and a dropped index stay so when the migration died before its record', async (t) => {
  const pool = openPool(t, (await createDatabase(t)).url);
  await migrate(pool);
  const again = [
    '0002-open-places',
    '0008-unused-indexes',
    '0009-reports',
    '0010-catalogue',
    '0011-customers',
    '0013-windows',
    '0014-order-lists',
    '0016-deadlines',
    '0018-order-refunds',
    '0021-late-sales',
    '0021-provider-reports',
    '0026-dispute-events',
  ];
  await pool.query('DELETE FROM schema_migrations WHERE name IN (?)', [again]);
  t.deepEqual(await migrate(pool), again);
  t.deepEqual(await rows(pool, "SHOW INDEX FROM orders WHERE Key_name = 'open_orders_of_user'"), []);
  await addProducts(pool, [product()]);
  await placeOrder(pool);
});

/** A shop of the previous version, with orders of every status. */
async function shopBeforeOpenOrders(t: ExecutionContext) {
  const { pool, url } = await shopDatabase(t, [product({ stock: 20_000 })]);
  await loadOrders(pool, { sku: 'mug', closed: 6_000, open: 3 });
  const unrecorded = await placeOrder(pool);
  await pool.query('ALTER TABLE checkouts DROP KEY open_by_deadline, DROP COLUMN is_open');
  await pool.query("DELETE FROM schema_migrations WHERE name = '0003-open-orders'");
  const open = async () =>
    (await rows(pool, 'SELECT order_id AS id FROM checkouts WHERE is_open = 1')).map(({ id }) => String(id)).toSorted();
  const placed = await rows(pool, "SELECT order_id AS id FROM orders WHERE status = 'placed'");
  const wanted = [unrecorded.orderId, ...placed.map(({ id }) => String(id))].toSorted();
  return { pool, url, open, wanted };
}

test('the migration of open orders marks the orders that are open, and no others', async (t) => {
  const { pool, open, wanted } = await shopBeforeOpenOrders(t);
  await migrate(pool);
  t.is(wanted.length, 4);
  t.deepEqual(await open(), wanted);
  const ended = wanted[0] as string;
  await settleOrder(pool, ended, { kind: 'cancel', reason: 'operator-request' });
  t.deepEqual(await open(), wanted.slice(1));
});

for (const [when, statementsDone] of [
  ['before its default was set', 5],
  ['before its index was built', 6],
  ['before the open orders were marked', openOrderStatements.length],
] as const) {
  test(`the migration of open orders that died ${when} is finished by the next start`, async (t) => {
    const { pool, open, wanted } = await shopBeforeOpenOrders(t);
    const connection = await pool.getConnection();
    for (const statement of openOrderStatements.slice(0, statementsDone)) await connection.query(statement);
    connection.release();
    t.deepEqual(await migrate(pool), ['0003-open-orders']);
    t.deepEqual(await open(), wanted);
  });
}

test('the migration of deadlines that died after any statement is finished by the next start', async (t) => {
  const { pool } = await shopDatabase(t);
  for (let done = 0; done <= deadlineStatements.length; done++) {
    await pool.query('DROP TABLE moved_deadlines, bulk_runs');
    await pool.query('ALTER TABLE orders DROP COLUMN processing_at, DROP COLUMN reminded_for');
    await pool.query("DELETE FROM schema_migrations WHERE name = '0016-deadlines'");
    const connection = await pool.getConnection();
    for (const statement of deadlineStatements.slice(0, done)) await connection.query(statement);
    connection.release();
    t.deepEqual(await migrate(pool), ['0016-deadlines']);
    const { orderId, expiresAt } = await placeOrder(pool);
    const to = new Date(expiresAt.getTime() + 1_000);
    t.like(await moveDeadline(pool, orderId, { to, by: 'operator' }, LATEST), { kind: 'moved' });
  }
});

test('the migration of begun payments that died after any statement is finished by the next start', async (t) => {
  const { pool } = await shopDatabase(t);
  for (let done = 0; done <= begunStatements.length; done++) {
    await pool.query('DROP TABLE begun_payments');
    await pool.query('ALTER TABLE orders DROP COLUMN close_payments_ms');
    await pool.query("DELETE FROM schema_migrations WHERE name = '0020-begun-payments'");
    const connection = await pool.getConnection();
    for (const statement of begunStatements.slice(0, done)) await connection.query(statement);
    connection.release();
    t.deepEqual(await migrate(pool), ['0020-begun-payments']);
    const { orderId } = await placeOrder(pool);
    t.like(await settleOrder(pool, orderId, { kind: 'cancel', reason: 'customer-request' }), {
      order: { status: 'canceled', closingForMs: null },
    });
  }
});

test('the migration of refunds that died after any statement is finished by the next start', async (t) => {
  const { pool } = await shopDatabase(t, [product({ stock: 100 })]);
  for (let done = 0; done <= refundStatements.length; done++) {
    await pool.query('DROP TABLE order_refunds');
    await pool.query('ALTER TABLE payments DROP COLUMN returned_amount');
    await pool.query('ALTER TABLE order_items DROP COLUMN returned');
    await pool.query('ALTER TABLE payment_changes DROP COLUMN order_refund_id');
    await pool.query("DELETE FROM schema_migrations WHERE name = '0018-order-refunds'");
    const connection = await pool.getConnection();
    for (const statement of refundStatements.slice(0, done)) await connection.query(statement);
    connection.release();
    t.deepEqual(await migrate(pool), ['0018-order-refunds']);
    const { orderId } = await paidOrder(pool);
    t.like(await refundOf(pool, orderId, { all: true, restock: true }), { amount: 1_250, state: 'required' });
  }
});

test('the migration of endpoints that died after any statement is finished by the next start', async (t) => {
  const { pool } = await shopDatabase(t, [product({ stock: 100 })]);
  for (let done = 0; done <= endpointStatements.length; done++) {
    await pool.query('DROP TABLE event_deliveries, endpoints');
    await pool.query("DELETE FROM schema_migrations WHERE name = '0019-endpoints'");
    for (const statement of endpointStatements.slice(0, done)) await pool.query(statement);
    t.deepEqual(await migrate(pool), ['0019-endpoints']);
    await addReceiver(pool, { url: 'https://shop.example.com/' });
    await placeOrder(pool);
    t.true((await fanOut(pool)) > 0);
  }
});

test('an order that the previous version creates after the migration is open', async (t) => {
  const { pool } = await shopDatabase(t);
  await placeOrder(pool);
  await pool.query(`INSERT INTO checkouts (order_id, user_id, idempotency_key, fingerprint, items, amount, currency,
    read_token, traceparent, created_at, expires_at)
    SELECT 'of-the-version-before', user_id, 'another', fingerprint, items, amount, currency, read_token, traceparent,
      created_at, expires_at FROM checkouts`);
  t.deepEqual(await rows(pool, 'SELECT is_open FROM checkouts'), [{ is_open: 1 }, { is_open: 1 }]);
});

test('a migration whose connection is killed is reported as an outage, and is finished by the next start', async (t) => {
  const { url } = await createDatabase(t);
  const [pool, other] = [openPool(t, url), await openPool(t, url).getConnection()];
  for (const statement of statements) await pool.query(statement);
  await other.query('START TRANSACTION');
  await other.query('SELECT 1 FROM checkouts');
  const ran: string[] = [];
  const migrating = t.throwsAsync(
    migrate(pool, (name) => void ran.push(name)),
    { code: 'dependency-unavailable' },
  );
  const waiting = await until(
    'the change to wait for the table',
    () => rows(pool, "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND state LIKE '%metadata%'"),
    (found) => found.length === 1,
  );
  await pool.query(`KILL ${waiting[0]?.id}`);
  await migrating;
  t.deepEqual(ran, migrations.slice(0, 1), 'the migration before is reported');
  await other.query('COMMIT');
  other.release();
  t.deepEqual(await migrate(pool), migrations.slice(1));
});

test('a process that dies while it holds the lock does not block the other processes', async (t) => {
  const { url } = await createDatabase(t);
  const [first, second] = [openPool(t, url, 1), openPool(t, url, 1)];
  const dying = withNamedLock(first, 'the lock', 5, async (connection) => {
    connection.destroy();
    throw new Error('died');
  });
  await t.throwsAsync(dying, { message: 'died' });
  t.is(await withNamedLock(second, 'the lock', 5, async () => 'held'), 'held');
});

test('a lock that another process holds is reported, and the migration does not begin', async (t) => {
  const { url } = await createDatabase(t);
  const [first, second] = [openPool(t, url, 1), openPool(t, url, 1)];
  await withNamedLock(first, 'the lock', 5, async () => {
    const begun = withNamedLock(second, 'the lock', 0, async () => t.fail('two hold one lock'));
    await t.throwsAsync(begun, { code: 'dependency-unavailable', message: /another process holds the lock the lock/ });
  });
});

test('existing products keep their price and their stock', async (t) => {
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
