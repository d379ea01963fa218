import test from 'ava';
import type { RowDataPacket } from 'mysql2/promise';
import { loadOrders } from '../../bench/load-orders.js';
import { auditDatabase } from '../../src/db/audit/audit.js';
import { createOutbox } from '../../src/db/checkouts/outbox.js';
import type { Pool } from '../../src/db/driver/pool.js';
import { leaseEndpoints } from '../../src/db/endpoints/leases.js';
import { nextDeliveries } from '../../src/db/endpoints/next-deliveries.js';
import { storeResults } from '../../src/db/endpoints/results.js';
import { deliverOldest } from '../../src/db/events/delivery.js';
import { fanOut } from '../../src/db/events/fan-out.js';
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
import { addReceiver } from '../helpers/endpoints.js';
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

test('a backlog for endpoints and for the broker costs a look, and no checkout', async (t) => {
  const { pool, url } = await shopDatabase(t, [product({ stock: 1_000_000 })]);
  const { endpointId } = await addReceiver(pool, { url: 'https://shop.example.com/' });
  await pool.query(
    `INSERT INTO events (event_id, type, sku, data, occurred_at, delivered_at)
     SELECT UUID(), 'stock.back', CONCAT('sku-', seq MOD 500), '{}', UTC_TIMESTAMP(3), '9999-12-31'
     FROM (WITH RECURSIVE n AS (SELECT 1 AS seq UNION ALL SELECT seq + 1 FROM n WHERE seq < 900) SELECT seq FROM n) numbers,
       (WITH RECURSIVE n AS (SELECT 1 AS times UNION ALL SELECT times + 1 FROM n WHERE times < 20) SELECT times FROM n) more`,
  );
  await pool.query(
    `INSERT INTO event_deliveries (position, endpoint_id, subject, state, due_at)
     SELECT position, ?, CONCAT('sku ', sku), 'waiting', UTC_TIMESTAMP(3) FROM events`,
    [endpointId],
  );
  const one = openPool(t, url, 1);
  const readBy = async (ask: () => Promise<unknown>): Promise<number> => {
    const before = await rowsRead(one);
    await ask();
    return (await rowsRead(one)) - before;
  };
  // The first use of a table reads the statistics of the table too.
  await placeOrder(one);
  const lease = () => leaseEndpoints(one, { by: 'a bridge', forMs: 60_000, most: 20 });
  for (const [what, most, ask] of [
    ['a checkout', 50, () => placeOrder(one)],
    ['the fan-out of a new event', 50, () => fanOut(one)],
    ['a lease', 20, lease],
    ['what is due', 1_000, () => nextDeliveries(one, endpointId, 100)],
    ['what was taken', 500, () => storeResults(one, endpointId, { taken: [1, 2, 3], failed: [], pauseMs: 0 })],
    ['a batch for the broker', 6_000, () => deliverOldest(one, async () => new Set())],
  ] as const) {
    const read = await readBy(ask);
    t.true(read < most, `${what} reads ${read} rows`);
  }
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
