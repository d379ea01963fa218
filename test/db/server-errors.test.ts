import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import test from 'ava';
import { clientErrors, isDuplicateKey, translated } from '../../src/db/driver/connection-errors.js';
import type { Pool } from '../../src/db/driver/pool.js';
import { proxyErrors, serverErrors } from '../../src/db/driver/server-errors.js';
import { inTransaction } from '../../src/db/driver/transaction.js';
import { isUnavailable } from '../../src/domain/errors.js';
import { placeOrder, rows, shopDatabase } from '../helpers/database.js';
import { rowsOf } from '../helpers/document-rows.js';

/** An error of mysql2 for a number without a name. */
const saidBy = (errno: number): Error => Object.assign(new Error(`error ${errno}`), { errno, code: undefined });

const require = createRequire(import.meta.url);
const mysql2 = dirname(require.resolve('mysql2/package.json'));
const driversNames = require(join(mysql2, 'lib/constants/errors.js')) as Record<string, string>;

test('docs/errors.md shows each error of the table, with its reason', (t) => {
  t.deepEqual(
    rowsOf('docs/errors.md', 'Databases'),
    serverErrors.map(([errno, name, trouble, why]) => [String(errno), name, trouble, why]),
  );
});

test('each number is listed once, with the name that MySQL gives it', (t) => {
  t.is(new Set(serverErrors.map(([errno]) => errno)).size, serverErrors.length);
  for (const [errno, name] of serverErrors) {
    if (!name.endsWith(' (MariaDB)') && !name.startsWith('CR_')) t.is(driversNames[errno], name, String(errno));
  }
});

test('each error of the table is an outage, by its number alone', (t) => {
  for (const [errno] of serverErrors) t.true(isUnavailable(translated(saidBy(errno))), String(errno));
});

test('an error of a proxy about its backends is an outage, whatever the number', (t) => {
  for (const { from, to } of proxyErrors) {
    for (const errno of [from, to]) t.true(isUnavailable(translated(saidBy(errno))), String(errno));
  }
});

test('an error of a wrong statement is no outage', (t) => {
  for (const errno of [1054, 1062, 1064, 1153, 1197, 1264, 1366, 1406, 1451, 1452, 3819, 4025]) {
    const error = saidBy(errno);
    t.is(translated(error), error, String(errno));
  }
  t.true(isDuplicateKey(saidBy(1062)));
});

test('errors of the network, of names, of certificates and of our own machine are outages', (t) => {
  for (const code of [...clientErrors, 'ERR_SSL_WRONG_VERSION_NUMBER']) {
    t.true(isUnavailable(translated(Object.assign(new Error(code), { code, errno: -1 }))), code);
  }
  t.true(isUnavailable(translated(Object.assign(new Error('packets out of order'), { fatal: true }))));
});

for (const [errno, who] of [
  [1213, 'Galera'],
  [3101, 'group replication'],
] as const) {
  test(`a certification conflict of ${who} at COMMIT rolls back, and the transaction runs again`, async (t) => {
    const { pool } = await shopDatabase(t);
    const { orderId } = await placeOrder(pool);
    let runs = 0;
    const published = await inTransaction(conflictingOnce(pool, errno), async (transaction) => {
      runs++;
      await transaction.query('UPDATE checkouts SET published_at = UTC_TIMESTAMP(3) WHERE order_id = ?', [orderId]);
      return await rows(transaction, 'SELECT published_at FROM checkouts WHERE published_at IS NOT NULL');
    });
    t.deepEqual([runs, published.length], [2, 1]);
    t.is((await rows(pool, 'SELECT 1 FROM checkouts WHERE published_at IS NOT NULL')).length, 1);
  });
}

/** Refuses the first COMMIT as a cluster does: the transaction is rolled back, and its connection is usable. */
function conflictingOnce(pool: Pool, errno: number): Pool {
  let conflicts = 1;
  const getConnection = async () => {
    const connection = await pool.getConnection();
    const query = async (sql: string, values?: unknown[]) => {
      if (sql !== 'COMMIT' || conflicts-- <= 0) return await connection.query(sql, values);
      await connection.query('ROLLBACK');
      throw saidBy(errno);
    };
    const release = () => connection.release();
    const destroy = () => connection.destroy();
    return { query, release, destroy };
  };
  return { getConnection } as unknown as Pool;
}
