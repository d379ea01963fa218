import test from 'ava';
import type { RowDataPacket } from 'mysql2/promise';
import { loadOrders } from '../../bench/load-orders.js';
import { auditDatabase } from '../../src/db/audit/audit.js';
import { createOutbox } from '../../src/db/checkouts/outbox.js';
import type { Pool } from '../../src/db/driver/pool.js';
import {
  closeEnded,
  countOverdue,
  hasOverdue,
  openOrders,
  ordersInTime,
  overdueOrders,
} from '../../src/db/orders/open-orders.js';
import { countDueReports, dueReports } from '../../src/db/orders/reports-due.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { unresolvedDiscrepancies } from '../../src/db/orders/stock-discrepancies.js';
import { countOwedRefunds } from '../../src/db/payments/owed-refunds.js';
import { listPayments } from '../../src/db/payments/payment-list.js';
import { storeEvent } from '../../src/db/payments/payments.js';
import { countUndecidedPayments } from '../../src/db/payments/undecided-payments.js';
import { type UnfinishedPayment, unfinishedPayments } from '../../src/db/payments/unfinished-payments.js';
import { assignExistingOrders, countWaitingForPerson } from '../../src/db/payments/unplaced-payments.js';
import { checkoutRequest, openPool, placeOrder, product, shopDatabase } from '../helpers/database.js';
import { payFor, paymentEvent } from './payment-events.js';

/** The sweeps' queries, which run about every second, read the open rows only, however many are closed. */

const CLOSED = 3_000;

/** More rows than any of the queries reads for the few open orders of the shop. */
const FEW = 100;

const asked: Readonly<Record<string, (pool: Pool) => Promise<unknown>>> = {
  'overdue orders': (pool) => overdueOrders(pool, { byMs: 0, limit: 200 }),
  'whether many orders are overdue': (pool) => hasOverdue(pool, 500),
  'the number of overdue orders': (pool) => countOverdue(pool, { byMs: 0 }),
  'open orders in time': (pool) => ordersInTime(pool, { minAgeMs: 0, limit: 1_000 }),
  'all open orders': (pool) => openOrders(pool, { minAgeMs: 0, limit: 1_000 }),
  'the outbox': (pool) => createOutbox(pool).unpublished({ minAgeMs: 0, limit: 1_000 }),
  'payments that are not decided': (pool) => unfinishedPayments(pool, 'received', { minAgeMs: 0, limit: 1_000 }),
  'payments that have not gone back': (pool) =>
    unfinishedPayments(pool, 'refund_required', { minAgeMs: 0, limit: 1_000 }),
  'reports that are due': (pool) => dueReports(pool, { minAgeMs: 0, limit: 300 }),
  'the number of reports that are due': (pool) => countDueReports(pool),
  'refunds that are owed': (pool) => countOwedRefunds(pool),
  'the settlement of an overdue order': async (pool) => {
    const [order] = await overdueOrders(pool, { byMs: 0, limit: 1 });
    await settleOrder(pool, order?.orderId ?? '', { kind: 'expired' });
  },
  'kept payments whose order is there': assignExistingOrders,
  'what waits for a person': countWaitingForPerson,
  'undecided payments': countUndecidedPayments,
  'stock that could not be moved': (pool) => unresolvedDiscrepancies(pool, { limit: 10 }),
  'the note of orders that have ended': async (pool) => {
    const [order] = await openOrders(pool, { minAgeMs: 0, limit: 1 });
    await closeEnded(pool, [order?.orderId ?? '']);
  },
  'the list of payments': (pool) => listPayments(pool, { statuses: [], limit: 10 }),
};

async function rowsRead(pool: Pool): Promise<number> {
  const [rows] = await pool.query<RowDataPacket[]>("SHOW SESSION STATUS LIKE 'Handler_read%'");
  return rows.reduce((sum, { Value }) => sum + Number(Value), 0);
}

test('no query of a sweep reads rows in proportion to the closed orders', async (t) => {
  const { pool, url } = await shopDatabase(t, [product({ stock: 1_000_000 })]);
  await loadOrders(pool, { sku: 'mug', closed: CLOSED, open: 10 });
  await payFor(pool, await placeOrder(pool));
  await placeOrder(pool, { windowMs: -60_000 });
  const { orderId } = checkoutRequest();
  await storeEvent(pool, paymentEvent({ orderId }));
  await placeOrder(pool, { orderId });
  await pool.query(`INSERT INTO stock_discrepancies (order_id, sku, quantity, movement, cause, found_at, resolved_at)
    SELECT order_id, 'mug', 1, 'sold', 'not-reserved', settled_at, settled_at FROM orders WHERE status <> 'placed'`);
  await pool.query('UPDATE stock_discrepancies SET resolved_at = NULL LIMIT 1');
  await pool.query("UPDATE orders SET report_due = 1 WHERE status <> 'placed' LIMIT 1");
  // The server counts the read rows per connection.
  const one = openPool(t, url, 1);
  for (const [what, ask] of Object.entries(asked)) {
    const before = await rowsRead(one);
    await ask(one);
    const read = (await rowsRead(one)) - before;
    t.true(read < FEW, `${what} reads ${read} rows`);
  }
  const before = await rowsRead(one);
  await one.query('SELECT COUNT(items) FROM checkouts');
  t.true((await rowsRead(one)) - before > CLOSED, 'the counters count');
});

test('an audit reads rows in proportion to the orders, also where all payments are of one provider', async (t) => {
  const { pool, url } = await shopDatabase(t, [product({ stock: 1_000_000 })]);
  await loadOrders(pool, { sku: 'mug', closed: CLOSED, open: 10 });
  const one = openPool(t, url, 1);
  const before = await rowsRead(one);
  t.deepEqual(await auditDatabase(one, 30), []);
  const read = (await rowsRead(one)) - before;
  t.true(read < 100 * CLOSED, `${read} rows`);
});

test('a later page of unfinished payments reads only its own rows, also where all payments came at once', async (t) => {
  const { pool, url } = await shopDatabase(t);
  const insert = `INSERT INTO payments (payment_id, provider, order_id, amount, currency, status, received_at)
    SELECT CONCAT(?, seq.n), 'test', 'nobody', 1, 'EUR', ?, '2026-01-01 00:00:00.123' FROM (WITH RECURSIVE s AS
      (SELECT 1 AS n UNION ALL SELECT n + 1 FROM s WHERE n < 300) SELECT n FROM s) seq`;
  for (const status of ['received', 'refund_required']) await pool.query(insert, [`${status}-`, status]);
  const one = openPool(t, url, 1);
  const seen: string[] = [];
  for (let after: UnfinishedPayment | undefined; seen.length <= 300; ) {
    const before = await rowsRead(one);
    const page = await unfinishedPayments(one, 'received', { minAgeMs: 0, limit: 50, after });
    const read = (await rowsRead(one)) - before;
    t.true(read < FEW, `${read} rows`);
    seen.push(...page.map(({ paymentId }) => paymentId));
    after = page.at(-1);
    if (after === undefined) break;
  }
  t.deepEqual([seen.length, new Set(seen).size], [300, 300]);
  t.true(seen.every((id) => id.startsWith('received')));
});

test('a later page of open orders reads only its own rows, also where all orders are due at once', async (t) => {
  const { pool, url } = await shopDatabase(t, [product({ stock: 1_000 })]);
  await loadOrders(pool, { sku: 'mug', closed: 0, open: 600 });
  await pool.query("UPDATE checkouts SET expires_at = '2099-01-01 00:00:00.123'");
  const first = await openOrders(pool, { minAgeMs: 0, limit: 500 });
  const one = openPool(t, url, 1);
  const before = await rowsRead(one);
  t.is((await openOrders(one, { minAgeMs: 0, after: first.at(-1), limit: 10 })).length, 10);
  const read = (await rowsRead(one)) - before;
  t.true(read < FEW, `${read} rows`);
});
