import { randomUUID } from 'node:crypto';
import test from 'ava';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import type { Pool } from '../../../src/db/driver/pool.js';
import { findOrder } from '../../../src/db/orders/orders.js';
import { settleOrder } from '../../../src/db/orders/settlement.js';
import { requiredRefunds } from '../../../src/db/refunds/open-refunds.js';
import { rehearseRefund, requestRefund } from '../../../src/db/refunds/request-refund.js';
import { count, placeOrder, product, rows, shopDatabase, stockOf } from '../../helpers/database.js';
import { askedRefund, paidOrder, refundOf } from '../../helpers/refunds.js';
import { stockEvents } from '../../helpers/stock.js';

const two = { lines: [{ sku: 'mug', quantity: 2 }] };
const one = { lines: [{ sku: 'mug', quantity: 1 }] };

const takenOf = async (pool: Pool, paymentId: string): Promise<unknown> =>
  (await rows(pool, 'SELECT returned_amount AS taken FROM payments WHERE payment_id = ?', [paymentId]))[0]?.['taken'];

test('an amount goes back by the payment of the order, moves no stock, and is shown in the order', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId, paymentId } = await paidOrder(pool, two);
  const refund = await refundOf(pool, orderId, { amount: 500, reason: 'scratched' });
  t.like(refund, {
    orderId,
    paymentId,
    amount: 500,
    currency: 'EUR',
    state: 'required',
    reason: 'scratched',
    by: 'ada',
  });
  t.deepEqual(refund.lines, []);
  t.deepEqual(await stockOf(pool), { available: 8, reserved: 0, sold: 2 });
  const { refundId, at } = refund;
  t.deepEqual((await findOrder(pool, orderId))?.view.refunds, [
    { refundId, amount: 500, state: 'required', lines: [], at },
  ]);
  t.is((await findOrder(pool, orderId))?.view.refund, 'none', 'which is of payments that the order does not accept');
  t.deepEqual(
    (await requiredRefunds(pool, { limit: 10 })).map((owed) => owed.refundId),
    [refundId],
  );
  t.deepEqual(await auditDatabase(pool, 60), []);
});

test('lines go back at their price, and units that go back to the shelf are rows of the ledger, with stock.back', async (t) => {
  const { pool } = await shopDatabase(t, [product({ stock: 2 }), product({ sku: 'lamp', unitPrice: 4_900 })]);
  const bought = [...two.lines, { sku: 'lamp', quantity: 1 }];
  const { orderId, paymentId } = await paidOrder(pool, { lines: bought });
  const lines = [
    { sku: 'mug', quantity: 1 },
    { sku: 'lamp', quantity: 1 },
    { sku: 'mug', quantity: 1 },
  ];
  const refund = await refundOf(pool, orderId, { lines, restock: true });
  t.is(refund.amount, 7_400);
  t.deepEqual(refund.lines, [
    { sku: 'lamp', quantity: 1 },
    { sku: 'mug', quantity: 2 },
  ]);
  t.deepEqual(await stockOf(pool), { available: 2, reserved: 0, sold: 2 });
  t.deepEqual(await stockEvents(pool), ['sold-out', 2]);
  const returned = await rows(
    pool,
    "SELECT sku, quantity, reference, changed_by FROM stock_changes WHERE kind = 'returned' ORDER BY sku",
  );
  t.deepEqual(returned, [
    { sku: 'lamp', quantity: 1, reference: `order ${orderId}`, changed_by: 'ada' },
    { sku: 'mug', quantity: 2, reference: `order ${orderId}`, changed_by: 'ada' },
  ]);
  t.is(await takenOf(pool, paymentId), 7_400);
  t.deepEqual(await auditDatabase(pool, 60), []);
});

test('in sum never more goes back than was paid, nor more units than were bought', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await paidOrder(pool, two);
  await refundOf(pool, orderId, { amount: 1_500 });
  const ask = (asked: Parameters<typeof askedRefund>[1]) => requestRefund(pool, askedRefund(orderId, asked));
  t.deepEqual(await ask({ amount: 1_001 }), { kind: 'too-much', paid: 2_500, left: 1_000, requested: 1_001 });
  t.deepEqual(await ask(one), { kind: 'too-much', paid: 2_500, left: 1_000, requested: 1_250 });
  await refundOf(pool, orderId, { ...one, amount: 0, restock: true });
  t.deepEqual(await ask({ ...two, amount: 1 }), {
    kind: 'too-many-units',
    lines: [{ sku: 'mug', requested: 2, left: 1 }],
  });
  t.deepEqual(await ask({ lines: [{ sku: 'lamp', quantity: 1 }] }), { kind: 'unknown-sku', skus: ['lamp'] });
  t.like(await refundOf(pool, orderId, { all: true, restock: true }), { amount: 1_000, ...one });
  t.deepEqual(await ask({ all: true, restock: true }), { kind: 'nothing-left' });
  t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 2 });
  t.deepEqual(await auditDatabase(pool, 60), []);
});

test('the same key and body again is the same refund, and another body is refused, also for another order', async (t) => {
  const { pool } = await shopDatabase(t);
  const [first, other] = [await paidOrder(pool, two), await paidOrder(pool, two)];
  const asked = askedRefund(first.orderId, { ...one, restock: true });
  const made = await requestRefund(pool, asked);
  t.like(made, { kind: 'refund', replayed: false });
  t.deepEqual(await requestRefund(pool, asked), { ...made, replayed: true });
  for (const changed of [{ restock: false }, { amount: 1 }, { orderId: other.orderId }, { by: 'bob' }]) {
    t.deepEqual(await requestRefund(pool, { ...asked, ...changed }), { kind: 'key-reused' });
  }
  t.is(await count(pool, 'order_refunds'), 1);
  t.deepEqual(await stockOf(pool), { available: 7, reserved: 0, sold: 4 });
});

test('an order that is placed or canceled, or that nobody knows, is not refunded', async (t) => {
  const { pool } = await shopDatabase(t);
  const [placed, canceled] = [await placeOrder(pool), await placeOrder(pool)];
  await settleOrder(pool, canceled.orderId, { kind: 'cancel', reason: 'customer-request' });
  const ask = (orderId: string) => requestRefund(pool, askedRefund(orderId, { all: true, restock: true }));
  t.deepEqual(await ask(placed.orderId), { kind: 'not-paid', status: 'placed' });
  t.deepEqual(await ask(canceled.orderId), { kind: 'not-paid', status: 'canceled' });
  await t.throwsAsync(ask(randomUUID()), { code: 'order-unknown' });
  t.is(await count(pool, 'order_refunds'), 0);
});

test('an order that cost nothing returns its units, and has no money to send back', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool, { adjustments: [{ kind: 'discount', label: 'Gift', amount: -1_250 }] });
  const ask = (asked: Parameters<typeof askedRefund>[1]) => requestRefund(pool, askedRefund(orderId, asked));
  t.deepEqual(await ask({ amount: 1 }), { kind: 'too-much', paid: 0, left: 0, requested: 1 });
  t.deepEqual(await ask(one), { kind: 'nothing-left' });
  const refund = await refundOf(pool, orderId, { ...one, restock: true });
  t.like(refund, { amount: 0, paymentId: null, state: 'returned', ...one });
  t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 1 });
  t.deepEqual(await requiredRefunds(pool, { limit: 10 }), []);
  t.deepEqual(await auditDatabase(pool, 60), []);
});

test('a rehearsal answers like the refund and changes nothing', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId, paymentId } = await paidOrder(pool, two);
  const result = await rehearseRefund(pool, askedRefund(orderId, { all: true, restock: true }));
  t.like(result, { kind: 'refund', refund: { amount: 2_500, ...two } });
  t.deepEqual([await count(pool, 'order_refunds'), await takenOf(pool, paymentId)], [0, 0]);
  t.deepEqual(await stockOf(pool), { available: 8, reserved: 0, sold: 2 });
});

test('units that would pass 2^53 in the ledger take no money', async (t) => {
  const { pool } = await shopDatabase(t, [product({ stock: Number.MAX_SAFE_INTEGER })]);
  const { orderId, paymentId } = await paidOrder(pool);
  const result = await requestRefund(pool, askedRefund(orderId, { all: true, restock: true }));
  t.deepEqual(result, { kind: 'stock-too-large', sku: 'mug' });
  t.deepEqual([await count(pool, 'order_refunds'), await takenOf(pool, paymentId)], [0, 0]);
});
