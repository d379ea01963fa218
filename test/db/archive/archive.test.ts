import test, { type ExecutionContext } from 'ava';
import { archiveOrders, endedPages } from '../../../src/db/archive/archive-orders.js';
import { restoreOrder } from '../../../src/db/archive/restore-order.js';
import { auditDatabase, countAudited } from '../../../src/db/audit/audit.js';
import type { Pool } from '../../../src/db/driver/pool.js';
import { settleOrder } from '../../../src/db/orders/settlement.js';
import { createSettlements } from '../../../src/db/orders/settlements.js';
import { closePayment } from '../../../src/db/payments/payment-changes.js';
import { findPayment } from '../../../src/db/payments/payments.js';
import { markRefunded, markRefundFailed } from '../../../src/db/payments/refunds.js';
import { markOrderRefunded } from '../../../src/db/refunds/refund-outcomes.js';
import type { Checkout } from '../../../src/domain/checkout.js';
import { archiveAll, contents, deliverEverything, now, sizes } from '../../helpers/archive.js';
import { openPool, placeOrder, product, rows, shopDatabase } from '../../helpers/database.js';
import { expiredOrder, lateSales, successors } from '../../helpers/late-sales.js';
import { paidOrder, refundOf } from '../../helpers/refunds.js';
import { payFor, paymentEvent } from '../payment-events.js';
import { watchedPool } from '../watched-pool.js';

const cancel = { kind: 'cancel', reason: 'customer-request' } as const;
const all = { ofArchive: 'all' } as const;

async function canceled(pool: Pool): Promise<Checkout> {
  const checkout = await placeOrder(pool);
  await settleOrder(pool, checkout.orderId, cancel);
  return checkout;
}

/** An order that was paid and partly returned, one whose late payment went back, one that a person has closed. */
async function closedOrders(t: ExecutionContext, stock = 100) {
  const { pool, url } = await shopDatabase(t, [product({ stock }), product({ sku: 'lamp', unitPrice: 4900, stock })]);
  const lines = ['mug', 'lamp'].map((sku) => ({ sku, quantity: 2 }));
  const returned = await paidOrder(pool, { lines, reference: 'A-1' });
  const { refundId } = await refundOf(pool, returned.orderId, { lines: [{ sku: 'mug', quantity: 1 }], restock: true });
  await markOrderRefunded(pool, refundId, 're_1');
  const late = await canceled(pool);
  const latePayment = await payFor(pool, late);
  await settleOrder(pool, late.orderId, { kind: 'payment', paymentId: latePayment });
  await markRefunded(pool, latePayment, 're_2', 1000);
  const byHand = await canceled(pool);
  const handled = await payFor(pool, byHand);
  await settleOrder(pool, byHand.orderId, { kind: 'payment', paymentId: handled });
  await closePayment(pool, { paymentId: handled, by: 'ann', note: 'paid back in cash' });
  await deliverEverything(pool);
  return { pool, url, returned, late, byHand };
}

test('closed orders leave every table of the shop with all of their rows, and come back with the same', async (t) => {
  const { pool, returned, late, byHand } = await closedOrders(t);
  const before = await contents(pool, 'shop');
  const ids = [returned, late, byHand].map(({ orderId }) => orderId).toSorted();
  t.deepEqual(await archiveAll(pool), ids);
  t.deepEqual(await contents(pool, 'archive'), before);
  t.deepEqual([...new Set(Object.values(await sizes(pool, 'shop')))], [0]);
  t.deepEqual(await rows(pool, 'SELECT * FROM archived_units ORDER BY sku'), [
    { sku: 'lamp', sold: 2 },
    { sku: 'mug', sold: 2 },
  ]);
  t.deepEqual(await rows(pool, 'SELECT * FROM archived_money'), [
    { currency: 'EUR', orders: 3, sold: 12_300, received: 14_800, returned: 2_250 },
  ]);
  t.deepEqual(await auditDatabase(pool, 0, all), []);
  t.like(await countAudited(pool), { checkouts: 0, payments: 0, archived: 3 });

  for (const orderId of ids) t.true(await restoreOrder(pool, orderId, { dryRun: false }));
  t.false(await restoreOrder(pool, late.orderId, { dryRun: false }));
  t.deepEqual(await contents(pool, 'shop'), before);
  t.deepEqual([...new Set(Object.values(await sizes(pool, 'archive')))], [0]);
  t.deepEqual(await rows(pool, 'SELECT * FROM archived_money'), [
    { currency: 'EUR', orders: 0, sold: 0, received: 0, returned: 0 },
  ]);
  t.deepEqual(await auditDatabase(pool, 0, all), []);
});

test('a second run finds nothing, and open and newer orders stay', async (t) => {
  const { pool } = await closedOrders(t);
  const open = await placeOrder(pool);
  const newer = await canceled(pool);
  await deliverEverything(pool);
  await pool.query('UPDATE orders SET settled_at = settled_at + INTERVAL 1 DAY WHERE order_id = ?', [newer.orderId]);
  t.is((await archiveAll(pool)).length, 3);
  t.deepEqual(await archiveAll(pool), []);
  const left = await rows(pool, 'SELECT order_id AS id FROM checkouts ORDER BY order_id');
  t.deepEqual(
    left.map(({ id }) => id),
    [open.orderId, newer.orderId],
  );
  t.deepEqual(await auditDatabase(pool, 0, all), []);
});

/** What keeps an order, and what is done to a closed one so that it has this left to do. */
const left: readonly (readonly [why: string, leave: (pool: Pool, order: Checkout) => Promise<unknown>])[] = [
  [
    'its checkout is not closed',
    (pool, { orderId }) => pool.query('UPDATE checkouts SET is_open = 1 WHERE order_id = ?', [orderId]),
  ],
  [
    'its message waits in the outbox',
    (pool, { orderId }) => pool.query('UPDATE checkouts SET published_at = NULL WHERE order_id = ?', [orderId]),
  ],
  [
    'the report of its end to Temporal is due',
    (pool, { orderId }) => pool.query('UPDATE orders SET report_due = 1 WHERE order_id = ?', [orderId]),
  ],
  ['a payment is not finished', (pool, order) => payFor(pool, order)],
  [
    'a payment is not finished',
    async (pool, order) => {
      const paymentId = await payFor(pool, order);
      await settleOrder(pool, order.orderId, { kind: 'payment', paymentId });
      await pool.query('UPDATE events SET delivered_at = UTC_TIMESTAMP(3)');
    },
  ],
  [
    'a payment is not finished',
    async (pool, order) => {
      const paymentId = await payFor(pool, order);
      await settleOrder(pool, order.orderId, { kind: 'payment', paymentId });
      await markRefundFailed(pool, { paymentId, refundAttempt: 0 }, 'disputed');
      await pool.query('UPDATE events SET delivered_at = UTC_TIMESTAMP(3)');
    },
  ],
  [
    'its stock could not be moved, and waits for a person',
    (pool, { orderId }) =>
      pool.query(
        `INSERT INTO stock_discrepancies (order_id, sku, quantity, movement, cause, found_at)
         VALUES (?, 'mug', 1, 'released', 'not-reserved', UTC_TIMESTAMP(3))`,
        [orderId],
      ),
  ],
  [
    'an event is not delivered',
    (pool, { orderId }) => pool.query('UPDATE events SET delivered_at = NULL WHERE order_id = ?', [orderId]),
  ],
  [
    'Temporal has still to learn that its deadline was moved',
    (pool, { orderId }) =>
      pool.query('INSERT INTO moved_deadlines VALUES (?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))', [orderId]),
  ],
];

for (const [index, [why, leave]] of left.entries()) {
  test(`an order stays while ${why} (${index + 1})`, async (t) => {
    const { pool } = await shopDatabase(t);
    const order = await canceled(pool);
    await deliverEverything(pool);
    await leave(pool, order);
    for await (const page of endedPages(pool, now())) t.deepEqual(page, [{ orderId: order.orderId, stays: why }]);
    // Also where the order was chosen before.
    t.deepEqual(await archiveOrders(pool, [order.orderId], now()), []);
    t.is((await sizes(pool, 'shop'))['checkouts'], 1);
    t.is((await sizes(pool, 'archive'))['checkouts'], 0);
  });
}

test('an order with a refund that is owed stays', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await paidOrder(pool);
  const { refundId } = await refundOf(pool, orderId, { amount: 100 });
  await deliverEverything(pool);
  for await (const page of endedPages(pool, now())) t.deepEqual(page, [{ orderId, stays: 'a refund is not finished' }]);
  t.deepEqual(await archiveOrders(pool, [orderId], now()), []);
  await markOrderRefunded(pool, refundId, 're_1');
  await deliverEverything(pool);
  t.deepEqual(await archiveOrders(pool, [orderId], now()), [orderId]);
});

test('the two orders of a late sale go together, whichever of them is asked for, and stay while one has to stay', async (t) => {
  const { pool } = await shopDatabase(t);
  const order = await expiredOrder(pool);
  const { receive } = createSettlements(pool, { lateSales });
  const event = paymentEvent({ orderId: order.orderId });
  await receive(event);
  const [sale] = await successors(pool);
  const both = [order.orderId, sale?.successorId ?? ''].toSorted();
  await deliverEverything(pool);
  for (const orderId of both) {
    t.deepEqual(await archiveOrders(pool, [orderId], now()), both);
    t.deepEqual(await auditDatabase(pool, 0, all), []);
    t.true(await restoreOrder(pool, orderId, { dryRun: false }));
    t.is((await sizes(pool, 'shop'))['late_sales'], 1);
  }
  await archiveOrders(pool, both, now());
  t.is((await receive(event)).as, 'repeated');
  t.like(await findPayment(pool, event.paymentId), { status: 'accepted', orderId: sale?.successorId });
  t.is((await receive(paymentEvent({ ...event, eventId: 'again' }))).as, 'stored');
  await pool.query('UPDATE orders SET report_due = 1 WHERE order_id = ?', [order.orderId]);
  t.deepEqual(await archiveOrders(pool, [sale?.successorId ?? ''], now()), []);
  t.deepEqual(await auditDatabase(pool, 0, all), []);
});

test('only the orders of a batch that have changed stay', async (t) => {
  const { pool, returned, late, byHand } = await closedOrders(t);
  await payFor(pool, late);
  const ids = [returned, late, byHand].map(({ orderId }) => orderId);
  t.deepEqual((await archiveOrders(pool, ids, now())).toSorted(), [returned.orderId, byHand.orderId].toSorted());
  t.deepEqual(await auditDatabase(pool, 30, all), []);
});

for (const way of ['archive', 'shop'] as const) {
  test(`an order is in one place after the connection died before any statement on the way to the ${way}`, async (t) => {
    const { pool, returned } = await closedOrders(t);
    const { orderId } = returned;
    const work = async (on: Pool): Promise<unknown> =>
      way === 'archive'
        ? await archiveOrders(on, [orderId], now())
        : await restoreOrder(on, orderId, { dryRun: false });
    if (way === 'shop') await archiveOrders(pool, [orderId], now());
    const [from, to] = way === 'archive' ? (['shop', 'archive'] as const) : (['archive', 'shop'] as const);
    const whole = await contents(pool, from);
    const totals = await rows(pool, 'SELECT * FROM archived_units ORDER BY sku');
    for (let statement = 1, died = true; died; statement++) {
      died = false;
      let sent = 0;
      // The server rolls back a moment after the connection has died.
      await pool.query('SELECT 1 FROM ?? WHERE order_id = ? FOR UPDATE', [
        `${from === 'archive' ? 'archived_' : ''}orders`,
        orderId,
      ]);
      const dying = watchedPool(pool, {
        before: (_, connection) => {
          if (++sent !== statement) return;
          died = true;
          connection.destroy();
          throw new Error('the process died here');
        },
      });
      if (
        await work(dying).then(
          () => false,
          () => true,
        )
      ) {
        t.true(died);
        t.deepEqual(await contents(pool, from), whole);
        t.deepEqual(await rows(pool, 'SELECT * FROM archived_units ORDER BY sku'), totals);
        t.deepEqual(await auditDatabase(pool, 0, all), []);
      } else t.true(statement > 15, `${statement} statements`);
    }
    t.is(
      (await rows(pool, `SELECT 1 FROM ${to === 'archive' ? 'archived_' : ''}orders WHERE order_id = ?`, [orderId]))
        .length,
      1,
    );
    t.deepEqual(await auditDatabase(pool, 0, all), []);
  });
}

test('two runs at once archive each order once, and wait for no order that is locked', async (t) => {
  const { pool, url } = await shopDatabase(t, [product({ stock: 1_000 })]);
  for (let at = 0; at < 60; at++) await (at % 2 === 0 ? canceled(pool) : paidOrder(pool));
  const locked = await canceled(pool);
  await deliverEverything(pool);
  const connection = await pool.getConnection();
  await connection.query('START TRANSACTION');
  await connection.query('SELECT 1 FROM orders WHERE order_id = ? FOR UPDATE', [locked.orderId]);
  const other = openPool(t, url, 2);
  const archived = (await Promise.all([archiveAll(pool, 7), archiveAll(other, 5)])).flat();
  t.is(archived.length, 60);
  t.is(new Set(archived).size, 60);
  await connection.query('ROLLBACK');
  connection.release();
  t.deepEqual(await archiveAll(other), [locked.orderId]);
  t.deepEqual(await rows(pool, 'SELECT orders FROM archived_money'), [{ orders: 61 }]);
  t.deepEqual(await auditDatabase(pool, 0, all), []);
});

test('a payment that is stored between the copy and the end of the batch is not lost', async (t) => {
  const { pool, url } = await shopDatabase(t);
  const order = await canceled(pool);
  await deliverEverything(pool);
  const other = openPool(t, url, 2);
  // Before each statement in turn: where the webhook would wait for the batch, its payment is stored afterwards.
  const during = watchedPool(pool, {
    before: async (sql) => {
      if (!/^DELETE .* payments moved/.test(sql)) return;
      await other.query(
        `INSERT INTO payments (payment_id, provider, order_id, amount, currency, received_at)
         VALUES ('late', 'test', ?, 1250, 'EUR', UTC_TIMESTAMP(3))`,
        [order.orderId],
      );
    },
  });
  const paidMeanwhile = watchedPool(pool, {
    before: async (sql) => {
      if (sql.startsWith('INSERT INTO archived_payments')) {
        await other.query(
          `INSERT INTO payments (payment_id, provider, order_id, amount, currency, received_at)
           VALUES ('earlier', 'test', ?, 1250, 'EUR', UTC_TIMESTAMP(3))`,
          [order.orderId],
        );
      }
    },
  });
  t.deepEqual(await archiveOrders(paidMeanwhile, [order.orderId], now()), []);
  await pool.query("DELETE FROM payments WHERE payment_id = 'earlier'");
  const archived = await archiveOrders(during, [order.orderId], now());
  t.deepEqual(archived, []);
  t.deepEqual(await rows(pool, 'SELECT payment_id, status FROM payments'), [
    { payment_id: 'late', status: 'received' },
  ]);
});
