import test, { type ExecutionContext } from 'ava';
import { reserve } from '../../src/db/checkouts/reservations.js';
import { createPool } from '../../src/db/driver/pool.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import {
  checkoutRequest,
  count,
  openPool,
  placeOrder,
  rows,
  shopDatabase,
  stockOf,
  WINDOW_MS,
} from '../helpers/database.js';
import { faultyServer } from './faulty-server.js';
import { watchedPool } from './watched-pool.js';

/** A shop whose connections to the database can be broken. */
async function brittleShop(t: ExecutionContext) {
  const { pool, url } = await shopDatabase(t);
  const server = await faultyServer(t, url);
  return { pool, url, server, brittle: openPool(t, server.url, 1) };
}

test('a connection that dies between the insert and the commit leads to one reservation', async (t) => {
  const { pool, server, brittle } = await brittleShop(t);
  server.breakAt('COMMIT', 'cut before it arrives');
  const request = checkoutRequest();
  const [result] = await reserve(brittle, [request], WINDOW_MS);
  t.is(server.broken(), 1);
  t.like(result, { kind: 'reserved', replayed: false, checkout: { orderId: request.orderId } });
  t.is(await count(pool, 'checkouts'), 1);
  t.deepEqual(await stockOf(pool), { available: 9, reserved: 1, sold: 0 });
});

test('a commit whose reply is lost is found by its key, and neither repeated nor lost', async (t) => {
  const { pool, server, brittle } = await brittleShop(t);
  server.breakAt('COMMIT', 'lose the reply');
  const requests = [checkoutRequest(), checkoutRequest({ lines: [{ sku: 'mug', quantity: 2 }] })];
  const results = await reserve(brittle, requests, WINDOW_MS);
  t.is(server.broken(), 1);
  t.deepEqual(
    results.map((result) => result.kind === 'reserved' && [result.checkout.orderId, result.replayed]),
    requests.map(({ orderId }) => [orderId, false]),
  );
  t.is(await count(pool, 'checkouts'), 2);
  t.deepEqual(await stockOf(pool), { available: 7, reserved: 3, sold: 0 });
});

test('a checkout that took the last stock, and whose reply to COMMIT is lost, is not answered out of stock', async (t) => {
  const { pool, server, brittle } = await brittleShop(t);
  server.breakAt('COMMIT', 'lose the reply');
  const [result] = await reserve(brittle, [checkoutRequest({ lines: [{ sku: 'mug', quantity: 10 }] })], WINDOW_MS);
  t.is(result?.kind, 'reserved');
  t.deepEqual(await stockOf(pool), { available: 0, reserved: 10, sold: 0 });
});

test('a settlement whose reply is lost settles once', async (t) => {
  const { pool, server, brittle } = await brittleShop(t);
  const { orderId } = await placeOrder(pool);
  server.breakAt('COMMIT', 'lose the reply');
  const { order } = await settleOrder(brittle, orderId, { kind: 'cancel', reason: 'customer-request' });
  t.is(server.broken(), 1);
  t.like(order, { status: 'canceled', cancelReason: 'customer-request' });
  t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 0 });
});

for (const statement of ['START TRANSACTION', 'SELECT sku', 'UPDATE JSON_TABLE', 'INSERT INTO checkouts', 'COMMIT']) {
  for (const noticed of [false, true]) {
    const when = noticed ? 'on a connection known to be dead' : 'unseen';
    test(`a KILL before ${statement}, ${when}, leads to one reservation`, async (t) => {
      const { pool, url } = await shopDatabase(t);
      let kills = 0;
      const watched = watchedPool(openPool(t, url, 1), {
        before: async (sql, connection) => {
          if (kills > 0 || !sql.includes(statement)) return;
          kills++;
          await pool.query(`KILL ${connection.threadId}`);
          if (noticed) await t.throwsAsync(connection.query('DO 0'));
        },
      });
      const [result] = await reserve(watched, [checkoutRequest()], WINDOW_MS);
      t.is(kills, 1);
      t.is(result?.kind, 'reserved');
      t.is(await count(pool, 'checkouts'), 1);
      t.deepEqual(await stockOf(pool), { available: 9, reserved: 1, sold: 0 });
    });
  }
}

test('a transaction whose lock wait times out is rolled back completely and runs again', async (t) => {
  const { pool, url } = await shopDatabase(t);
  const request = checkoutRequest();
  // Another transaction is about to insert the same key: the stock is taken, and then the insert waits.
  const other = await pool.getConnection();
  await other.query('START TRANSACTION');
  await other.query(
    `INSERT INTO checkouts (order_id, user_id, idempotency_key, fingerprint, items, amount, currency, read_token,
       traceparent, created_at, expires_at) VALUES ('other', ?, ?, ?, '[]', 0, 'EUR', '', '', NOW(), NOW())`,
    [request.userId, request.idempotencyKey, request.fingerprint],
  );
  const errors: unknown[] = [];
  const statements: string[] = [];
  const watched = watchedPool(openPool(t, url, 1), {
    errors,
    statements,
    before: async (sql, connection) => {
      if (sql === 'START TRANSACTION') await connection.query('SET SESSION innodb_lock_wait_timeout = 1');
      if (sql === 'ROLLBACK') await other.query('ROLLBACK');
    },
  });
  const [result] = await reserve(watched, [request], WINDOW_MS);
  other.release();
  t.deepEqual(errors, ['ER_LOCK_WAIT_TIMEOUT']);
  t.deepEqual(
    statements.filter((sql) => /^[A-Z ]+$/.test(sql)),
    ['START TRANSACTION', 'ROLLBACK', 'START TRANSACTION', 'COMMIT'],
  );
  t.is(result?.kind, 'reserved');
  t.deepEqual(await stockOf(pool), { available: 9, reserved: 1, sold: 0 });
});

test('a connection that a full server refuses is retried', async (t) => {
  const { pool, server, brittle } = await brittleShop(t);
  server.turnAway(2);
  const [result] = await reserve(brittle, [checkoutRequest()], WINDOW_MS);
  t.is(server.broken(), 2);
  t.is(result?.kind, 'reserved');
  t.deepEqual(await stockOf(pool), { available: 9, reserved: 1, sold: 0 });
});

test('a server that stays full is an outage, and nothing is partly written', async (t) => {
  const { pool, server, brittle } = await brittleShop(t);
  server.turnAway(Number.POSITIVE_INFINITY);
  const error = await t.throwsAsync(reserve(brittle, [checkoutRequest()], WINDOW_MS), { name: 'DomainError' });
  t.like(error, { code: 'dependency-unavailable', message: 'the database is not available: Too many connections' });
  t.is(await count(pool, 'checkouts'), 0);
  t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 0 });
});

test('a pool that is closed during a reservation is an outage', async (t) => {
  const { pool, url } = await shopDatabase(t);
  const closing = createPool({ url, size: 1 });
  await closing.end();
  await t.throwsAsync(reserve(closing, [checkoutRequest()], WINDOW_MS), { code: 'dependency-unavailable' });
  t.is(await count(pool, 'checkouts'), 0);
});

test('an error of the statement is thrown unchanged, without a retry, and is no outage', async (t) => {
  const { pool, url } = await shopDatabase(t);
  const statements: string[] = [];
  const watched = watchedPool(openPool(t, url, 1), { statements });
  // A token that its column cannot hold is a mistake of the code: a retry does not mend it.
  const request = checkoutRequest({ readToken: 'x'.repeat(100) });
  await t.throwsAsync(reserve(watched, [request], WINDOW_MS), { code: 'ER_DATA_TOO_LONG' });
  t.is(statements.filter((sql) => sql === 'START TRANSACTION').length, 1);
  t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 0 });
  t.deepEqual(await rows(pool, 'SELECT * FROM checkouts'), []);
});
