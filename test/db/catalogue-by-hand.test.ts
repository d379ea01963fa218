import test from 'ava';
import { auditDatabase } from '../../src/db/audit/audit.js';
import type { Pool } from '../../src/db/driver/pool.js';
import { recordOrders } from '../../src/db/orders/orders.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { findPayment } from '../../src/db/payments/payments.js';
import { placeOrder, product, rows, shopDatabase, stockOf } from '../helpers/database.js';
import { payFor } from './payment-events.js';

/** A person changes a product by hand while orders hold it. */

const rename = "UPDATE products SET sku = 'mug-2' WHERE sku = 'mug'";
const remove = "DELETE FROM products WHERE sku = 'mug'";

for (const [what, change] of [
  ['deleted', remove],
  ['renamed', rename],
  ['deleted with all the others', 'DELETE FROM products'],
] as const) {
  test(`a product that an order holds cannot be ${what}, and the order ends as usual`, async (t) => {
    const { pool } = await shopDatabase(t);
    const { orderId } = await placeOrder(pool);
    await t.throwsAsync(pool.query(change), { message: /product_is_in_use|change_has_product/ });
    const { order } = await settleOrder(pool, orderId, { kind: 'cancel', reason: 'customer-request' });
    t.is(order.status, 'canceled');
    t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 0 });
    t.deepEqual(await rows(pool, 'SELECT * FROM stock_discrepancies'), []);
  });
}

test('a product that was sold cannot be deleted, and a product without orders can', async (t) => {
  const { pool } = await shopDatabase(t, [product(), product({ sku: 'lamp' })]);
  const checkout = await placeOrder(pool);
  await placeOrder(pool, { lines: [{ sku: 'mug', quantity: 2 }] });
  await settleOrder(pool, checkout.orderId, { kind: 'payment', paymentId: await payFor(pool, checkout) });
  await t.throwsAsync(pool.query(remove), { message: /product_is_in_use/ });
  await pool.query("DELETE FROM products WHERE sku = 'lamp'");
  t.deepEqual(await rows(pool, 'SELECT sku FROM products'), [{ sku: 'mug' }]);
});

test('the migration marks the products that existing orders hold', async (t) => {
  const { pool } = await shopDatabase(t, [product(), product({ sku: 'lamp' })]);
  await placeOrder(pool);
  await pool.query('DELETE FROM products_in_use');
  const { statements } = await import('../../src/db/migrations/0005-stock-in-use.js');
  for (const statement of statements) await pool.query(statement);
  t.deepEqual(await rows(pool, 'SELECT sku FROM products_in_use'), [{ sku: 'mug' }]);
});

test('a product that an earlier version sold first is protected from its next order on', async (t) => {
  const { pool } = await shopDatabase(t);
  await placeOrder(pool);
  await pool.query('DELETE FROM products_in_use');
  await placeOrder(pool);
  await t.throwsAsync(pool.query(remove), { message: /product_is_in_use/ });
});

/** Runs statements with the checks of the schema off, as an import may do. */
async function byHand(pool: Pool, statement: string): Promise<void> {
  const connection = await pool.getConnection();
  await connection.query('SET SESSION check_constraint_checks = 0, SESSION foreign_key_checks = 0');
  await connection.query(statement);
  connection.destroy();
}

const changes = [
  ['deleted', remove, 'product-missing'],
  ['renamed', rename, 'product-missing'],
  ['changed to reserve less', "UPDATE products SET available = 9, reserved = 1 WHERE sku = 'mug'", 'not-reserved'],
  ['left with columns that do not add up', "UPDATE products SET initial = 99 WHERE sku = 'mug'", 'stock-inconsistent'],
] as const;

const lines = [
  { sku: 'lamp', quantity: 1 },
  { sku: 'mug', quantity: 2 },
  { sku: 'pot', quantity: 3 },
];

for (const [what, change, cause] of changes) {
  test(`an order whose product was ${what} is paid, and the audit names what is missing`, async (t) => {
    const { pool } = await shopDatabase(
      t,
      lines.map(({ sku }) => product({ sku })),
    );
    const checkout = await placeOrder(pool, { lines });
    await recordOrders(pool, [checkout.orderId]);
    const paymentId = await payFor(pool, checkout);
    await byHand(pool, change);
    const { order } = await settleOrder(pool, checkout.orderId, { kind: 'payment', paymentId });
    t.is(order.status, 'paid');
    t.like(await findPayment(pool, paymentId), { status: 'accepted' });
    t.deepEqual(await stockOf(pool, 'lamp'), { available: 9, reserved: 0, sold: 1 }, 'the other lines moved');
    t.deepEqual(await stockOf(pool, 'pot'), { available: 7, reserved: 0, sold: 3 });
    const named = (await auditDatabase(pool, 15)).find(({ subject }) => subject === `order ${checkout.orderId}`);
    t.is(named?.invariant, 'I1');
    t.regex(named?.detail ?? '', new RegExp(`^2 of mug could not be sold: ${cause}, found `));
  });

  test(`an order whose product was ${what} ends at its deadline, and a later payment is to be refunded`, async (t) => {
    const { pool } = await shopDatabase(t);
    const checkout = await placeOrder(pool, { windowMs: -1, lines: [{ sku: 'mug', quantity: 2 }] });
    await byHand(pool, change);
    t.is((await settleOrder(pool, checkout.orderId, { kind: 'expired' })).order.status, 'canceled');
    t.is((await settleOrder(pool, checkout.orderId, { kind: 'expired' })).order.status, 'canceled');
    t.like(await rows(pool, 'SELECT * FROM stock_discrepancies'), [
      { order_id: checkout.orderId, sku: 'mug', quantity: 2, movement: 'released', cause, resolved_at: null },
    ]);
    const paymentId = await payFor(pool, checkout);
    t.like((await settleOrder(pool, checkout.orderId, { kind: 'payment', paymentId })).refund, { paymentId });
  });
}
