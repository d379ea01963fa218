import test from 'ava';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import { createSettlements } from '../../../src/db/orders/settlements.js';
import { requestRefund } from '../../../src/db/refunds/request-refund.js';
import { createStockChanges } from '../../../src/db/stock/stock-changes.js';
import { count, openPool, placeOrder, product, rows, shopDatabase, stockOf } from '../../helpers/database.js';
import { askedRefund, paidOrder } from '../../helpers/refunds.js';
import { stockChange } from '../../helpers/stock.js';
import { watchedPool } from '../watched-pool.js';

/** Operators at once, by connections of two processes. */

test('two operators at once with one key refund once, and both get the same refund', async (t) => {
  const { pool, url } = await shopDatabase(t, [product({ stock: 100 })]);
  const other = openPool(t, url);
  for (let turn = 0; turn < 20; turn++) {
    const { orderId } = await paidOrder(pool);
    // The whole order: whoever comes second finds nothing left, and must find the key first.
    const asked = askedRefund(orderId, { all: true, restock: true });
    const results = await Promise.all([pool, other, pool, other].map((one) => requestRefund(one, asked)));
    t.deepEqual(results.map((result) => (result.kind === 'refund' ? result.replayed : result.kind)).toSorted(), [
      false,
      true,
      true,
      true,
    ]);
    t.is(new Set(results.map((result) => result.kind === 'refund' && result.refund.refundId)).size, 1);
  }
  t.is(await count(pool, 'order_refunds'), 20);
  t.deepEqual(await stockOf(pool), { available: 100, reserved: 0, sold: 20 });
  t.deepEqual(await auditDatabase(pool, 60), []);
});

test('one key for two orders at once refunds one of them', async (t) => {
  const { pool, url } = await shopDatabase(t);
  const other = openPool(t, url);
  const orders = [await paidOrder(pool), await paidOrder(pool)];
  const { idempotencyKey } = askedRefund('');
  const results = await Promise.all(
    orders.map(({ orderId }, index) =>
      requestRefund(index ? other : pool, askedRefund(orderId, { amount: 5, idempotencyKey })),
    ),
  );
  t.deepEqual(results.map(({ kind }) => kind).toSorted(), ['key-reused', 'refund']);
  t.is(await count(pool, 'order_refunds'), 1);
});

test('operators with keys of their own refund up to what was paid and bought, beside sales and restocks', async (t) => {
  const { pool, url } = await shopDatabase(t, [product({ stock: 50 }), product({ sku: 'lamp', stock: 50 })]);
  const errors: unknown[] = [];
  const pools = [pool, openPool(t, url)].map((one) => watchedPool(one, { errors }));
  const lines = [
    { sku: 'mug', quantity: 5 },
    { sku: 'lamp', quantity: 5 },
  ];
  const order = await paidOrder(pool, { lines });
  const cancel = createSettlements(pool).settle;
  const { change } = createStockChanges(pool);
  const refund = (turn: number) => {
    const sku = turn % 2 ? 'mug' : 'lamp';
    const asked = turn % 4 < 2 ? { lines: [{ sku, quantity: 1 }], restock: true } : { amount: 700 };
    return requestRefund(pools[turn % 2] as typeof pool, askedRefund(order.orderId, asked));
  };
  const noise = async (turn: number) => {
    const { orderId } = await placeOrder(pool, { userId: turn, lines: turn % 2 ? lines.toReversed() : lines });
    await change(stockChange({ sku: turn % 2 ? 'lamp' : 'mug', quantity: 1 }));
    await cancel(orderId, { kind: 'cancel', reason: 'customer-request' });
  };
  const [results] = await Promise.all([
    Promise.all(Array.from({ length: 40 }, (_, turn) => refund(turn))),
    Promise.all(Array.from({ length: 8 }, (_, turn) => noise(turn))),
  ]);
  t.deepEqual(
    errors.filter((code) => code === 'ER_LOCK_DEADLOCK'),
    [],
  );
  const made = results.flatMap((result) => (result.kind === 'refund' ? [result.refund] : []));
  const refused = new Set(results.map(({ kind }) => kind));
  t.true(made.length > 5 && refused.has('too-much'), `${made.length} made, ${[...refused]}`);
  const sum = made.reduce((all, { amount }) => all + amount, 0);
  t.true(sum <= order.amount && sum > order.amount - 1_250, `${sum} of ${order.amount}`);
  t.deepEqual(await rows(pool, 'SELECT returned_amount AS taken FROM payments'), [{ taken: sum }]);
  t.deepEqual(await auditDatabase(pool, 60), []);
});
