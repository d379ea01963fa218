import test, { type ExecutionContext } from 'ava';
import { loadOrders } from '../../bench/load-orders.js';
import { auditDatabase } from '../../src/db/audit/audit.js';
import type { Pool } from '../../src/db/driver/pool.js';
import { migrate } from '../../src/db/migrate.js';
import { statements as orders } from '../../src/db/migrations/0001-orders.js';
import { statements as openPlaces } from '../../src/db/migrations/0002-open-places.js';
import { statements as openOrders } from '../../src/db/migrations/0003-open-orders.js';
import { statements as stockInUse } from '../../src/db/migrations/0005-stock-in-use.js';
import { statements as keptPayments } from '../../src/db/migrations/0007-kept-payments.js';
import { statements as unusedIndexes } from '../../src/db/migrations/0008-unused-indexes.js';
import { statements as reports } from '../../src/db/migrations/0009-reports.js';
import { statements as catalogue } from '../../src/db/migrations/0010-catalogue.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { addProducts } from '../../src/db/products.js';
import { openPool, placeOrder, product, rows, shopDatabase } from '../helpers/database.js';
import { createDatabase } from '../helpers/servers.js';

const before = [orders, openPlaces, openOrders, stockInUse, keptPayments, unusedIndexes, reports];

/** A shop of the version before Unicode SKUs and before the ledger: two orders have ended, and one is open. */
async function shopBefore(t: ExecutionContext): Promise<Pool> {
  const pool = openPool(t, (await createDatabase(t)).url);
  await run(pool, before.flat());
  await pool.query(
    "INSERT INTO products (sku, name, unit_price, currency, initial, available) VALUES ('mug', 'A mug', 1250, 'EUR', 10, 10)",
  );
  await loadOrders(pool, { sku: 'mug', closed: 2, open: 1 });
  await pool.query("INSERT INTO products_in_use (sku) VALUES ('mug')");
  return pool;
}

/** On one connection: prepared statements and variables belong to it. */
async function run(pool: Pool, statements: readonly string[]): Promise<void> {
  const connection = await pool.getConnection();
  for (const statement of statements) await connection.query(statement);
  connection.release();
}

const placed = async (pool: Pool): Promise<string> => {
  const [open] = await rows(pool, "SELECT order_id AS id FROM orders WHERE status = 'placed'");
  return String(open?.id);
};

test('the ledger begins with the stock that is there, and open orders continue', async (t) => {
  const pool = await shopBefore(t);
  await migrate(pool);
  t.like(await rows(pool, 'SELECT sku, kind, quantity, available_after, reserved_after FROM stock_changes'), [
    { sku: 'mug', kind: 'opening', quantity: 10, available_after: 7, reserved_after: 1 },
  ]);
  await settleOrder(pool, await placed(pool), { kind: 'cancel', reason: 'operator-request' });
  t.deepEqual(await auditDatabase(pool, 60), []);
});

for (const done of catalogue.keys()) {
  test(`the migration of the catalogue that died after ${done} of its statements is finished by the next start`, async (t) => {
    const pool = await shopBefore(t);
    await run(pool, catalogue.slice(0, done));
    await migrate(pool);
    await t.throwsAsync(pool.query("DELETE FROM products WHERE sku = 'mug'"), { message: /product_is_in_use/ });
    t.deepEqual(await rows(pool, 'SELECT sku, quantity FROM stock_changes'), [{ sku: 'mug', quantity: 10 }]);
    t.deepEqual(await auditDatabase(pool, 60), []);
  });
}

test('a process of the version before reserves and moves stock after the migration', async (t) => {
  const { pool } = await shopDatabase(t);
  const ascii = "sku VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin PATH '$.sku'";
  await pool.query(
    `UPDATE JSON_TABLE(?, '$[*]' COLUMNS (${ascii}, quantity BIGINT PATH '$.quantity')) AS taken
     STRAIGHT_JOIN products FORCE INDEX (PRIMARY) ON products.sku = taken.sku
     SET available = available - taken.quantity, reserved = reserved + taken.quantity`,
    [JSON.stringify([{ sku: 'mug', quantity: 2 }])],
  );
  t.like(await rows(pool, 'SELECT available, reserved FROM products'), [{ available: 8, reserved: 2 }]);
});

test('SKUs that differ in case, accents or width are different products', async (t) => {
  const skus = ['größe-M', 'GRÖSSE-M', 'grosse-M', 'grösse-m', '鞋-42', '鞋-４２', 'T-SHIRT/RED L', '🧦'];
  const { pool } = await shopDatabase(
    t,
    skus.map((sku) => product({ sku })),
  );
  for (const sku of skus) {
    const { orderId } = await placeOrder(pool, { lines: [{ sku, quantity: 1 }] });
    await settleOrder(pool, orderId, { kind: 'cancel', reason: 'customer-request' });
  }
  t.deepEqual(await auditDatabase(pool, 60), []);
  t.is(await addProducts(pool, [product({ sku: '鞋-42' })]), 0);
});
