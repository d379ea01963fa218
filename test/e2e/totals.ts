import { randomUUID } from 'node:crypto';
import anyTest, { type TestFn } from 'ava';
import { until } from '../../src/cli/story/until.js';
import { auditDatabase } from '../../src/db/audit/audit.js';
import { findPayment } from '../../src/db/payments/payments.js';
import { orderWorkflowId } from '../../workflows/contract.js';
import { buyAsBackend } from '../helpers/backend.js';
import type { System } from '../helpers/system.js';

/** What an order costs: the shop's own backend adds to the catalogue's prices, and takes from them. */

const test = anyTest as TestFn<{ system: System }>;

const shipping = { kind: 'shipping', label: 'Parcel, insured', amount: 490 };
const tax = { kind: 'tax', label: 'VAT 19 %', amount: 240 };
const voucher = (amount: number) => ({ kind: 'discount', label: 'WELCOME', amount });
const line = { sku: 'totals', quantity: 1 };

const buy = (url: string, more: object, key?: string) => buyAsBackend(url, { userId: 40, items: [line], ...more }, key);

test('an order with an agreed price, shipping, tax and a voucher is paid by exactly its total', async (t) => {
  const { customers, observer, shopUrl, temporal } = t.context.system;
  const reference = `A-${randomUUID()}`;
  const { status, body } = await buy(shopUrl, {
    items: [{ ...line, quantity: 2, unitPrice: 1_000 }],
    adjustments: [shipping, tax, voucher(-500), { ...tax, included: true }],
    reference,
    metadata: { street: 'Straße 5' },
  });
  t.deepEqual([status, body.amount, body.status], [201, 2_000 + 490 + 240 - 500, 'placed']);
  t.like(await customers.look(body), {
    amount: 2_230,
    reference,
    items: [{ sku: 'totals', quantity: 2, unitPrice: 1_000 }],
    adjustments: [shipping, tax, voucher(-500), { ...tax, included: true }],
    metadata: { street: 'Straße 5' },
    paidReason: null,
  });
  await customers.pay(body);
  await observer.ended(body.orderId, { status: 'paid', movement: 'sold' });
  const description = await temporal.workflow.getHandle(orderWorkflowId(body.orderId)).describe();
  const details = (await description.staticDetails()) ?? '';
  t.true(details.includes('- shipping, Parcel, insured: 4.90 EUR'), details);
  t.true(details.includes('2.40 EUR, included in the prices'), details);
  t.false(JSON.stringify(description.raw).includes('Straße'), 'metadata may be personal');
  const found = description.typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]);
  t.like(Object.fromEntries(found), { OrderReference: reference, OrderAmount: 2_230 });
});

test('an order that costs nothing is paid at once, and its timeline says why', async (t) => {
  const { customers, observer, shopUrl, temporal, pool } = t.context.system;
  const key = randomUUID();
  const body = { adjustments: [shipping, voucher(-1_740)], items: [{ sku: 'free', quantity: 1 }] };
  const placed = await buy(shopUrl, body, key);
  t.deepEqual([placed.status, placed.body.status, placed.body.amount], [201, 'paid', 0]);
  t.like(await customers.look(placed.body), { status: 'paid', paidReason: 'nothing-to-pay', refund: 'none' });
  t.deepEqual(await buy(shopUrl, body, key), placed, 'the same key again');
  await observer.ended(placed.body.orderId, { status: 'paid', movement: 'sold' });
  t.like(await observer.stockOf('free'), { available: 9, reserved: 0, sold: 1 });

  const handle = temporal.workflow.getHandle(orderWorkflowId(placed.body.orderId));
  const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  t.is(currentDetails, '**Paid**: the order costs nothing. 1 × free for 0.00 EUR. The stock is sold.');
  const found = (await handle.describe()).typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]);
  t.like(Object.fromEntries(found), { OrderStatus: 'paid', OrderAmount: 0 });

  const paymentId = await customers.pay({ ...placed.body, amount: 100 });
  await observer.refunded(paymentId);
  t.is((await findPayment(pool, paymentId))?.refundReason, 'order-already-paid');
});

test('a discount that is too large is refused with the numbers, and reserves nothing', async (t) => {
  const { observer, shopUrl } = t.context.system;
  const { status, body } = await buy(shopUrl, {
    items: [{ sku: 'discounted', quantity: 1 }],
    adjustments: [voucher(-1_251)],
  });
  t.is(status, 422);
  t.true(body.type?.endsWith('amount-negative'));
  t.regex(body.errors?.[0]?.detail ?? '', /lines cost 1250 and the adjustments -1251 minor units of EUR/);
  t.like(await observer.stockOf('discounted'), { available: 10, reserved: 0 });
});

test('a customer can set neither a price nor an adjustment, and each such field is named', async (t) => {
  const { observer, shopUrl } = t.context.system;
  const response = await fetch(`${shopUrl}/checkout`, {
    method: 'POST',
    headers: { 'idempotency-key': randomUUID() },
    body: JSON.stringify({
      userId: 40,
      items: [{ sku: 'discounted', quantity: 1, unitPrice: 1 }],
      adjustments: [shipping],
    }),
  });
  t.is(response.status, 422);
  const { errors } = (await response.json()) as { errors: { field: string; pointer: string }[] };
  t.deepEqual(
    errors.map(({ field, pointer }) => [field, pointer]),
    [
      ['adjustments', '/adjustments'],
      ['items[0].unitPrice', '/items/0/unitPrice'],
    ],
  );
  t.like(await observer.stockOf('discounted'), { available: 10, reserved: 0 });
});

test('two processes that are asked at once give a reference to one order, and the other answer names the order', async (t) => {
  const { shopUrl, shortWindowUrl, pool } = t.context.system;
  for (let round = 0; round < 10; round++) {
    const reference = `race-${randomUUID()}`;
    const items = (sku: string) => ({ reference, items: [{ sku, quantity: 1 }] });
    const answers = await Promise.all([buy(shopUrl, items('plenty')), buy(shortWindowUrl, items('cup'))]);
    const winner = answers.find(({ status }) => status === 201);
    const other = answers.find(({ status }) => status === 409);
    t.true(other?.body.type?.endsWith('reference-used'), JSON.stringify(answers));
    t.is(other?.body.orderId, winner?.body.orderId);
  }
  const findings = await until(
    'the audit',
    () => auditDatabase(pool, 3_600),
    (found) => found.length === 0,
  );
  t.deepEqual(findings, []);
});
