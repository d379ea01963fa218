import test from 'ava';
import { recordOrders } from '../../../src/db/orders/orders.js';
import { settleOrder } from '../../../src/db/orders/settlement.js';
import { restock } from '../../../src/db/products.js';
import { createStockChanges } from '../../../src/db/stock/stock-changes.js';
import { placeOrder, product, rows, shopDatabase, stockOf } from '../../helpers/database.js';
import { stockChange, stockEvents } from '../../helpers/stock.js';
import { payFor } from '../payment-events.js';

const cancel = { kind: 'cancel', reason: 'customer-request' } as const;

test('a stock that sells out, and comes back by a cancel, has an event of each', async (t) => {
  const { pool } = await shopDatabase(t, [product({ stock: 3 })]);
  const two = await placeOrder(pool, { lines: [{ sku: 'mug', quantity: 2 }] });
  t.deepEqual(await stockEvents(pool), []);
  const last = await placeOrder(pool);
  t.deepEqual(await stockEvents(pool), ['sold-out']);
  await settleOrder(pool, two.orderId, cancel);
  t.deepEqual(await stockEvents(pool), ['sold-out', 2]);
  await settleOrder(pool, last.orderId, cancel);
  t.deepEqual(await stockEvents(pool), ['sold-out', 2], 'more of what is available already');
  const [event] = await rows(pool, 'SELECT * FROM events WHERE sku IS NOT NULL ORDER BY position LIMIT 1');
  t.like(event, { type: 'stock.sold-out', sku: 'mug', order_id: null });
  t.regex(String(event?.event_id), /^[0-9a-f-]{13}-7/);
});

test('a payment of sold-out stock brings nothing back', async (t) => {
  const { pool } = await shopDatabase(t, [product({ stock: 1 })]);
  const checkout = await placeOrder(pool);
  await settleOrder(pool, checkout.orderId, { kind: 'payment', paymentId: await payFor(pool, checkout) });
  t.deepEqual(await stockEvents(pool), ['sold-out']);
});

test('changes of the stock write the events of their crossings, in their order', async (t) => {
  const { pool } = await shopDatabase(t, [product({ stock: 0 })]);
  const { change } = createStockChanges(pool);
  await Promise.all(
    (['received', 'lost', 'received', 'received'] as const).map((kind) => change(stockChange({ kind, quantity: 4 }))),
  );
  t.deepEqual(await stockEvents(pool), [4, 'sold-out', 4]);
  await restock(pool, 'mug', 0);
  await restock(pool, 'mug', 0);
  await restock(pool, 'mug', 9);
  t.deepEqual(await stockEvents(pool), [4, 'sold-out', 4, 'sold-out', 9]);
});

test('stock that is moved line by line, beside a product that was changed by hand, has its event too', async (t) => {
  const { pool } = await shopDatabase(t, [product({ stock: 2 }), product({ sku: 'lamp', stock: 5 })]);
  const { orderId } = await placeOrder(pool, {
    lines: [
      { sku: 'mug', quantity: 2 },
      { sku: 'lamp', quantity: 1 },
    ],
  });
  await recordOrders(pool, [orderId]);
  await pool.query("UPDATE products SET reserved = 0, available = 5 WHERE sku = 'lamp'");
  await settleOrder(pool, orderId, cancel);
  t.is((await stockOf(pool)).available, 2);
  t.deepEqual(await stockEvents(pool), ['sold-out', 2]);
  t.deepEqual(await stockEvents(pool, 'lamp'), []);
});
