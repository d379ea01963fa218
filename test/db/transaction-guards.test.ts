import test, { type ExecutionContext } from 'ava';
import { inTransaction } from '../../src/db/driver/transaction.js';
import { openPool, rows, shopDatabase, stockOf } from '../helpers/database.js';

/** The effects of a transaction that other transactions can see. */

/** A pool of one connection, so that a test sees what a transaction leaves on it, and a second process. */
async function twoProcesses(t: ExecutionContext) {
  const { pool, url } = await shopDatabase(t);
  return { pool: openPool(t, url, 1), other: pool };
}

const sellOne = 'UPDATE products SET available = available - 1, sold = sold + 1';

test('a failed transaction has changed no row and holds no lock', async (t) => {
  const { pool, other } = await twoProcesses(t);
  const failing = inTransaction(pool, async (transaction) => {
    await transaction.query(sellOne);
    throw new Error('after the change');
  });
  await t.throwsAsync(failing, { message: 'after the change' });
  t.deepEqual(await stockOf(other), { available: 10, reserved: 0, sold: 0 });
  t.is((await rows(other, 'SELECT sku FROM products FOR UPDATE SKIP LOCKED')).length, 1);
});

test('a transaction that has returned is visible to other transactions', async (t) => {
  const { pool, other } = await twoProcesses(t);
  await inTransaction(pool, (transaction) => transaction.query(sellOne));
  t.deepEqual(await stockOf(other), { available: 9, reserved: 0, sold: 1 });
});

test('a transaction sees what other transactions have committed since its begin', async (t) => {
  const { pool, other } = await twoProcesses(t);
  const seen = await inTransaction(pool, async (transaction) => {
    const look = async () => (await rows(transaction, 'SELECT sold FROM products'))[0]?.sold;
    const before = await look();
    await other.query(sellOne);
    return [before, await look()];
  });
  t.deepEqual(seen, [0, 1]);
});
