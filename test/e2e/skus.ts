import { randomUUID } from 'node:crypto';
import anyTest, { type TestFn } from 'ava';
import { until } from '../../src/cli/story/until.js';
import { orderWorkflowId } from '../../workflows/contract.js';
import { orderState } from '../../workflows/messages.js';
import { asOperator } from '../helpers/operator.js';
import type { System } from '../helpers/system.js';
import { noWorkflow } from '../helpers/temporal.js';

/** A SKU is the same in a path, in JSON, in the database, in messages and in Temporal. */

const test = anyTest as TestFn<{ system: System }>;

/** How a SKU is sold, and how Markdown shows the SKU. */
const skus: readonly (readonly [sku: string, markdown: string, composed?: string])[] = [
  ['T-SHIRT/RED L', 'T-SHIRT/RED L'],
  ['gro\u0308\u00dfe-M', 'gr\u00f6\u00dfe-M', 'gr\u00f6\u00dfe-M'],
  ['鞋-42', '鞋-42'],
  ['a?b=c&d#e%2F+f', 'a?b=c\\&d#e%2F+f'],
  ['..\\..', '..\\\\..'],
  [`*_"';--<b>`, String.raw`\*\_"';--\<b\>`],
  ['👟'.repeat(64), '👟'.repeat(64)],
];

for (const [sku, markdown, kept = sku] of skus) {
  test(`the SKU ${JSON.stringify(sku)} is the same from the catalogue to the timeline`, async (t) => {
    const { adminUrl, shopUrl, customers, observer, temporal } = t.context.system;
    const path = `/products/${encodeURIComponent(sku)}`;
    const ask = asOperator(adminUrl);
    t.is((await ask('PUT', path, { name: sku, unitPrice: 700, currency: 'EUR' })).status, 201);
    const received = await ask('POST', `${path}/stock-changes`, { kind: 'received', quantity: 3, by: 'ada' });
    t.like(received, { status: 201, body: { sku: kept, available: 3 } });

    const shown = await fetch(shopUrl + path);
    t.like(await shown.json(), { sku: kept, unitPrice: 700, available: 3, buyable: true });
    const { status, body: order } = await customers.buy(5, [{ sku, quantity: 2 }]);
    t.is(status, 201);
    t.like(await customers.look(order), { items: [{ sku: kept, quantity: 2, unitPrice: 700 }] });
    t.like(await ask('GET', `/orders?sku=${encodeURIComponent(sku)}`), {
      body: { orders: [{ orderId: order.orderId, items: [{ sku: kept }] }] },
    });

    const workflow = temporal.workflow.getHandle(orderWorkflowId(order.orderId));
    await until('the timer', () => workflow.query(orderState).catch(noWorkflow), Boolean);
    const { currentDetails } = await workflow.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    t.true(currentDetails.startsWith(`**Placed.** 2 × ${markdown} for 14.00 EUR.`), currentDetails);
    await customers.pay(order);
    await observer.ended(order.orderId, { status: 'paid', movement: 'sold' });
    t.like(await observer.stockOf(kept), { available: 1, reserved: 0, sold: 2 });
  });
}

test('SKUs that differ in upper and lower case are two products', async (t) => {
  const { adminUrl, customers, observer } = t.context.system;
  const ask = asOperator(adminUrl);
  const small = `case-${randomUUID()}`;
  const large = small.toUpperCase();
  for (const [sku, unitPrice] of [
    [small, 100],
    [large, 900],
  ] as const) {
    t.is((await ask('PUT', `/products/${sku}`, { name: sku, unitPrice, currency: 'EUR' })).status, 201);
    await ask('POST', `/products/${sku}/stock-changes`, { kind: 'received', quantity: 1 });
  }
  t.is((await customers.buy(5, [{ sku: large, quantity: 1 }])).body.amount, 900);
  t.like(await observer.stockOf(small), { available: 1 });
  t.like(await observer.stockOf(large), { available: 0, reserved: 1 });
});
