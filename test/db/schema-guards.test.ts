import test, { type ExecutionContext } from 'ava';
import type { Pool } from '../../src/db/driver/pool.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { closePayment } from '../../src/db/payments/payment-changes.js';
import { placeOrder, rows, shopDatabase } from '../helpers/database.js';
import { owe, payFor } from './payment-events.js';

/** Each rule of the schema alone: the refused statement breaks no other rule. */

/** A shop with one paid order, so that every table has a row. */
async function paidOrder(t: ExecutionContext): Promise<Pool> {
  const { pool } = await shopDatabase(t);
  const checkout = await placeOrder(pool, { reference: 'A-1001' });
  const paymentId = await payFor(pool, checkout);
  await settleOrder(pool, checkout.orderId, { kind: 'payment', paymentId });
  await pool.query('UPDATE checkouts SET open_place = 1');
  await closePayment(pool, { paymentId: await owe(pool), by: 'ann', note: 'by hand' });
  return pool;
}

const another = {
  order_id: '01957a3e-0000-7000-8000-000000000002',
  idempotency_key: 'another',
  open_place: null,
  reference: null,
};

const refused: readonly (readonly [what: string, table: string, change: object, rule: RegExp])[] = [
  ['one SKU twice', 'products', {}, /PRIMARY/],
  ['a negative price', 'products', { sku: 'lamp', unit_price: -1 }, /price_not_negative/],
  ['negative stock', 'products', { sku: 'lamp', available: -1, initial: 0 }, /stock_never_negative/],
  ['a negative reserved number', 'products', { sku: 'lamp', reserved: -1, initial: 9 }, /stock_never_negative/],
  ['a negative sold number', 'products', { sku: 'lamp', sold: -1, initial: 8 }, /stock_never_negative/],
  ['stock that does not add up', 'products', { sku: 'lamp', initial: 9 }, /stock_conserved/],
  ['one order id for two checkouts', 'checkouts', { ...another, order_id: undefined }, /PRIMARY/],
  ['one key for two checkouts', 'checkouts', { ...another, idempotency_key: undefined }, /one_reservation_per_key/],
  ['one place for two open orders', 'checkouts', { ...another, open_place: 1 }, /one_open_order_per_place/],
  ['one reference for two orders', 'checkouts', { ...another, reference: undefined }, /one_order_per_reference/],
  ['one order twice', 'orders', { payment_id: null }, /PRIMARY/],
  ['an order without a checkout', 'orders', { order_id: 'x', payment_id: null }, /order_was_checked_out/],
  ['one line twice', 'order_items', {}, /PRIMARY/],
  ['a line without an order', 'order_items', { order_id: 'x' }, /item_has_order/],
  ['a line with the quantity 0', 'order_items', { sku: 'lamp', quantity: 0 }, /quantity_positive/],
  ['two movements of one order', 'stock_movements', { kind: 'released' }, /PRIMARY/],
  ['a movement without an order', 'stock_movements', { order_id: 'x' }, /movement_has_order/],
  ['a mark without a product', 'products_in_use', { sku: 'x' }, /product_is_in_use/],
  ['one event of a provider twice', 'payment_events', { payment_id: 'x' }, /PRIMARY/],
  ['one payment twice', 'payments', { amount: 1 }, /PRIMARY/],
  ['one change twice', 'payment_changes', {}, /PRIMARY/],
  ['a change without a payment', 'payment_changes', { change_id: 'x', payment_id: 'x' }, /change_has_payment/],
  ['a close without a note', 'payment_changes', { change_id: 'x', note: null }, /close_has_note/],
];

for (const [what, table, change, rule] of refused) {
  test(`the schema refuses ${what}`, async (t) => {
    const pool = await paidOrder(t);
    const [row = {}] = await rows(pool, 'SELECT * FROM ??', [table]);
    const given = Object.entries(change).filter(([, value]) => value !== undefined);
    const copy = { ...row, ...Object.fromEntries(given) };
    const insert = pool.query('INSERT INTO ?? (??) VALUES (?)', [table, Object.keys(copy), Object.values(copy)]);
    await t.throwsAsync(insert, { message: rule });
  });
}

test('the schema refuses one payment for two orders', async (t) => {
  const pool = await paidOrder(t);
  const { orderId } = await placeOrder(pool);
  await settleOrder(pool, orderId, { kind: 'cancel', reason: 'customer-request' });
  const [paid] = await rows(pool, 'SELECT payment_id FROM orders WHERE payment_id IS NOT NULL');
  const payTwice = pool.query('UPDATE orders SET payment_id = ? WHERE order_id = ?', [paid?.payment_id, orderId]);
  await t.throwsAsync(payTwice, { message: /one_order_per_payment/ });
});
