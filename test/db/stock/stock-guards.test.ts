import test from 'ava';
import { until } from '../../../src/cli/story/until.js';
import type { Pool } from '../../../src/db/driver/pool.js';
import { inTransaction } from '../../../src/db/driver/transaction.js';
import { changeStock } from '../../../src/db/stock/change-batch.js';
import { moveLevels } from '../../../src/db/stock/change-rows.js';
import { openPool, product, rows, shopDatabase, stockOf } from '../../helpers/database.js';
import { stockChange } from '../../helpers/stock.js';
import { watchedPool } from '../watched-pool.js';

/** Each guard of the ledger alone, with the guards before it switched off. */

const freeSkus = async (pool: Pool): Promise<unknown[]> =>
  (await rows(pool, 'SELECT sku FROM products ORDER BY sku FOR UPDATE SKIP LOCKED')).map(({ sku }) => sku);

test('stock that is not available is not taken away, whatever the caller', async (t) => {
  const { pool } = await shopDatabase(t);
  const taken = inTransaction(pool, (transaction) =>
    moveLevels(transaction, [{ request: { sku: 'mug' }, delta: -11 }]),
  );
  await t.throwsAsync(taken, { message: 'changed 0 SKUs instead of 1' });
  t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 0 });
});

test('changes wait for a SKU with the SKUs before it locked, and no SKU after it', async (t) => {
  const { pool, url } = await shopDatabase(
    t,
    ['a', 'b', 'c'].map((sku) => product({ sku })),
  );
  const connection = await pool.getConnection();
  await connection.query('START TRANSACTION');
  await connection.query("SELECT sku FROM products WHERE sku = 'b' FOR UPDATE");
  const requests = ['c', 'a', 'b'].map((sku) => ({ ...stockChange({ sku }), fingerprint: Buffer.alloc(32) }));
  const changed = changeStock(openPool(t, url), requests);
  const free = await until(
    'a lock',
    () => freeSkus(pool),
    (skus) => skus.length < 2,
  );
  t.deepEqual(free, ['c']);
  await connection.query('ROLLBACK');
  connection.release();
  t.deepEqual(
    (await changed).map(({ kind }) => kind),
    ['changed', 'changed', 'changed'],
  );
});

test('a key that another process uses for another SKU, between the look and the write, is found by the next attempt', async (t) => {
  const { pool, url } = await shopDatabase(t, [product(), product({ sku: 'lamp' })]);
  const request = { ...stockChange(), fingerprint: Buffer.alloc(32) };
  const other = { ...request, sku: 'lamp', fingerprint: Buffer.alloc(32, 1) };
  let isTaken = false;
  const overtaken = watchedPool(openPool(t, url), {
    before: async (sql) => {
      if (!sql.includes('INSERT INTO stock_changes') || isTaken) return;
      isTaken = true;
      await changeStock(pool, [other]);
    },
  });
  t.deepEqual(await changeStock(overtaken, [request]), [{ kind: 'key-reused' }]);
  t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 0 });
});
