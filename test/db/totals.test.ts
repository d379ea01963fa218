import test from 'ava';
import { auditDatabase } from '../../src/db/audit/audit.js';
import { reserve } from '../../src/db/checkouts/reservations.js';
import { findOrder, recordOrders } from '../../src/db/orders/orders.js';
import type { Adjustment } from '../../src/domain/totals.js';
import { checkoutRequest, count, placeOrder, product, shopDatabase, stockOf, WINDOW_MS } from '../helpers/database.js';

const shipping: Adjustment = { kind: 'shipping', label: 'Parcel', amount: 490 };
const voucher = (amount: number): Adjustment => ({ kind: 'discount', label: 'WELCOME', amount });
const included: Adjustment = { kind: 'tax', label: 'VAT 19 %, “included”', amount: 399, included: true };

test('an order costs its agreed prices and its adjustments, and shows its parts', async (t) => {
  const { pool } = await shopDatabase(t, [product(), product({ sku: 'lamp', unitPrice: 4_900 })]);
  const adjustments = [shipping, voucher(-500), included];
  const { orderId, amount } = await placeOrder(pool, {
    lines: [
      { sku: 'lamp', quantity: 1 },
      { sku: 'mug', quantity: 2, unitPrice: 1_000 },
    ],
    adjustments,
  });
  t.is(amount, 4_900 + 2_000 + 490 - 500);
  t.like((await findOrder(pool, orderId))?.view, {
    amount,
    adjustments,
    items: [
      { sku: 'lamp', quantity: 1, unitPrice: 4_900 },
      { sku: 'mug', quantity: 2, unitPrice: 1_000 },
    ],
    status: 'placed',
  });
  const [recorded] = await recordOrders(pool, [orderId]);
  t.is(recorded?.amount, amount);
  t.deepEqual(await auditDatabase(pool, 60), []);
});

test('a discount larger than the order is refused with the numbers, and takes no stock', async (t) => {
  const { pool } = await shopDatabase(t);
  const requests = [checkoutRequest({ adjustments: [shipping, voucher(-1_741)] }), checkoutRequest()];
  const [refused, beside] = await reserve(pool, requests, WINDOW_MS);
  t.deepEqual(refused, { kind: 'amount-negative', ofLines: 1_250, ofAdjustments: -1_251, currency: 'EUR' });
  t.is(beside?.kind, 'reserved');
  t.deepEqual(await stockOf(pool), { available: 9, reserved: 1, sold: 0 });
});

test('reference and metadata are kept as they were sent', async (t) => {
  const { pool } = await shopDatabase(t);
  const metadata = { note: 'Straße 5\n鞋 \u{1f45f} "quoted" \\ \u{2028}', __proto__: undefined, empty: '' };
  const texts = JSON.parse(JSON.stringify(metadata)) as Record<string, string>;
  const placed = await placeOrder(pool, { reference: 'größe-42/鞋', metadata: texts });
  const view = (await findOrder(pool, placed.orderId))?.view;
  t.deepEqual([view?.reference, view?.metadata], ['größe-42/鞋', texts]);
});

test('an order without extras has none of the fields', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool);
  const view = (await findOrder(pool, orderId))?.view ?? {};
  for (const name of ['adjustments', 'reference', 'metadata']) t.false(name in view, name);
  t.is(await count(pool, 'checkouts'), 1);
});

test('the audit names an order whose parts do not add up', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool, { adjustments: [shipping, included] });
  await pool.query('UPDATE checkouts SET adjustments = ? WHERE order_id = ?', [JSON.stringify([included]), orderId]);
  t.deepEqual(await auditDatabase(pool, 60), [
    { invariant: 'I2', subject: `order ${orderId}`, detail: 'costs 1740, its items together 1250' },
  ]);
});
