import test, { type ExecutionContext } from 'ava';
import { auditDatabase } from '../../src/db/audit/audit.js';
import { reserve } from '../../src/db/checkouts/reservations.js';
import type { Pool } from '../../src/db/driver/pool.js';
import { migrate, migrationNames } from '../../src/db/migrate.js';
import { statements as customers } from '../../src/db/migrations/0011-customers.js';
import { addMissingCustomers } from '../../src/db/orders/missing-customers.js';
import { listOrders } from '../../src/db/orders/order-list.js';
import { findOrder, recordOrders } from '../../src/db/orders/orders.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import type { CheckoutRequest } from '../../src/domain/checkout.js';
import { storedKey } from '../../src/domain/idempotency-key.js';
import { checkoutRequest, placeOrder, rows, shopDatabase, WINDOW_MS } from '../helpers/database.js';

/** The migration that makes customers of texts and guests, and processes of the version before beside it. */

/** The parts that the migration adds, removed again. */
async function undo(pool: Pool): Promise<void> {
  await pool.query(`ALTER TABLE checkouts DROP KEY one_reservation_per_customer_key,
    DROP KEY one_open_order_per_customer_place, DROP COLUMN customer, MODIFY COLUMN user_id BIGINT NOT NULL`);
  await pool.query('ALTER TABLE orders DROP COLUMN customer, MODIFY COLUMN user_id BIGINT NOT NULL');
  await pool.query("DELETE FROM schema_migrations WHERE name = '0011-customers'");
}

/** The row of a checkout as a process of the version before writes it. */
async function insertAsBefore(pool: Pool, request: CheckoutRequest, place: number | null = null): Promise<void> {
  await pool.query(
    `INSERT INTO checkouts (order_id, user_id, idempotency_key, fingerprint, items, amount, currency, read_token,
       traceparent, created_at, expires_at, open_place)
     VALUES (?, ?, ?, ?, '[{"sku":"mug","quantity":1,"unitPrice":1250}]', 1250, 'EUR', ?, ?, UTC_TIMESTAMP(3),
       UTC_TIMESTAMP(3) + INTERVAL 30 MINUTE, ?)`,
    [
      request.orderId,
      request.userId,
      storedKey(request),
      request.fingerprint,
      request.readToken,
      request.traceparent,
      place,
    ],
  );
  await pool.query("UPDATE products SET available = available - 1, reserved = reserved + 1 WHERE sku = 'mug'");
}

/** The rows of orders as a process of the version before writes them. */
async function recordAsBefore(pool: Pool, orderIds: readonly string[]): Promise<void> {
  await pool.query(
    `INSERT INTO orders (order_id, user_id, amount, currency, created_at, expires_at, recorded_at)
     SELECT order_id, user_id, amount, currency, created_at, expires_at, UTC_TIMESTAMP(3)
     FROM checkouts WHERE order_id IN (?) ORDER BY order_id ON DUPLICATE KEY UPDATE order_id = orders.order_id`,
    [orderIds],
  );
  // Writes the lines, and leaves the rows of the orders.
  await recordOrders(pool, orderIds);
}

/** A shop of the version before, with an order that it has reserved. */
async function shopBefore(t: ExecutionContext) {
  const { pool, url } = await shopDatabase(t);
  await undo(pool);
  const request = checkoutRequest({ userId: 7 });
  await insertAsBefore(pool, request, 0);
  return { pool, url, request };
}

/** On one connection: prepared statements and variables belong to it. */
async function run(pool: Pool, statements: readonly string[]): Promise<void> {
  const connection = await pool.getConnection();
  for (const statement of statements) await connection.query(statement);
  connection.release();
}

for (const done of customers.keys()) {
  test(`the migration of customers that died after ${done} of its statements is finished by the next start`, async (t) => {
    const { pool, request } = await shopBefore(t);
    await run(pool, customers.slice(0, done));
    const meanwhile = checkoutRequest({ userId: 8 });
    await insertAsBefore(pool, meanwhile);
    t.deepEqual(await migrate(pool), ['0011-customers']);
    for (const { orderId, userId } of [request, meanwhile]) {
      t.is((await findOrder(pool, orderId))?.view.userId, userId);
    }
    const [again, ...others] = await reserve(
      pool,
      [request, checkoutRequest({ userId: 'ann' }), checkoutRequest({ userId: null })],
      WINDOW_MS,
    );
    t.like(again, { kind: 'reserved', checkout: { orderId: request.orderId } });
    t.deepEqual(
      others.map(({ kind }) => kind),
      ['reserved', 'reserved'],
    );
    await settleOrder(pool, request.orderId, { kind: 'cancel', reason: 'operator-request' });
    t.deepEqual(await auditDatabase(pool, 60), []);
  });
}

test('the migration of customers runs in a shop that has run all later ones', async (t) => {
  const { pool } = await shopBefore(t);
  t.true(migrationNames.indexOf('0011-customers') < migrationNames.length - 1);
  t.deepEqual(await migrate(pool), ['0011-customers']);
  t.deepEqual(await migrate(pool), []);
});

test('a process of the version before and one of this version reserve one key of one number once', async (t) => {
  const { pool } = await shopDatabase(t);
  const ofBefore = checkoutRequest({ userId: 7 });
  await insertAsBefore(pool, ofBefore);
  const [again] = await reserve(pool, [{ ...ofBefore, orderId: checkoutRequest().orderId }], WINDOW_MS);
  t.like(again, { kind: 'reserved', replayed: true, checkout: { orderId: ofBefore.orderId, userId: 7 } });
  const ofNow = checkoutRequest({ userId: 7 });
  await reserve(pool, [ofNow], WINDOW_MS);
  const inserted = insertAsBefore(pool, { ...ofNow, orderId: checkoutRequest().orderId });
  await t.throwsAsync(inserted, { message: /one_reservation_per_key/ });
});

test('the places of a number are the same for a process of the version before', async (t) => {
  const { pool } = await shopDatabase(t);
  await insertAsBefore(pool, checkoutRequest({ userId: 7 }), 1);
  const limits = { openOrders: 2, quantity: 0 };
  const wish = () => checkoutRequest({ userId: 7 });
  const results = await reserve(pool, [wish(), wish()], WINDOW_MS, limits);
  t.deepEqual(
    results.map(({ kind }) => kind),
    ['reserved', 'too-many-open-orders'],
  );
  const taken = 'SELECT open_place AS place FROM checkouts ORDER BY open_place DESC LIMIT 1';
  const place = (await rows(pool, taken))[0]?.place;
  await t.throwsAsync(insertAsBefore(pool, wish(), place as number), { message: /one_open_order_per_place/ });
});

test('an order of a text that the version before has recorded gets its customer by the repair, once', async (t) => {
  const { pool } = await shopDatabase(t);
  const placed = [];
  for (const userId of [7, 'ann', null, 'ben']) placed.push((await placeOrder(pool, { userId })).orderId);
  await recordAsBefore(pool, placed.slice(0, 3));
  await recordOrders(pool, placed.slice(3));
  t.like(await auditDatabase(pool, 60), [{ invariant: 'I2', subject: `order ${placed[1]}` }]);
  t.deepEqual(await addMissingCustomers(pool), [placed[1]]);
  t.deepEqual(await addMissingCustomers(pool), []);
  t.deepEqual(await auditDatabase(pool, 60), []);
  t.deepEqual(await rows(pool, 'SELECT user_id, customer FROM orders ORDER BY order_id'), [
    { user_id: 7, customer: null },
    { user_id: null, customer: 'ann' },
    { user_id: null, customer: null },
    { user_id: null, customer: 'ben' },
  ]);
});

test('a process of the version before lists the orders of a number, and ends orders of every customer', async (t) => {
  const { pool } = await shopDatabase(t);
  const placed = [];
  for (const userId of [7, 'ann', null]) placed.push((await placeOrder(pool, { userId })).orderId);
  const listed = await rows(
    pool,
    'SELECT order_id AS id FROM checkouts FORCE INDEX (one_reservation_per_key) WHERE user_id = 7',
  );
  t.deepEqual(listed, [{ id: placed[0] }]);
  await recordAsBefore(pool, placed);
  for (const orderId of placed) await settleOrder(pool, orderId, { kind: 'cancel', reason: 'customer-request' });
  const { orders } = await listOrders(pool, { status: 'canceled' }, { limit: 10 });
  t.deepEqual(
    orders.map(({ userId }) => userId),
    [null, 'ann', 7],
  );
});
