import test from 'ava';
import type { CheckoutResult } from '../../src/domain/checkout.js';
import { serveShop } from '../helpers/app.js';

/** What a refused checkout says of the lines of its body. */

const items = ['lamp', '鞋-42', 'lamp'].map((sku, index) => ({ sku, quantity: index + 1 }));

async function refused(t: Parameters<typeof serveShop>[0], result: CheckoutResult) {
  const shop = await serveShop(t, { checkout: async () => result });
  const body = JSON.stringify({ userId: 7, items });
  const response = await fetch(`${shop}/checkout`, { method: 'POST', headers: { 'idempotency-key': 'k' }, body });
  return { status: response.status, ...((await response.json()) as object) };
}

test('a product that is not for sale is named by the pointers of its lines', async (t) => {
  t.like(await refused(t, { kind: 'not-for-sale', skus: ['lamp'] }), {
    status: 409,
    type: 'urn:order-bridge:problem:not-for-sale',
    detail: 'Not for sale: lamp.',
    errors: [0, 2].map((index) => ({
      field: `items[${index}].sku`,
      pointer: `/items/${index}/sku`,
      detail: 'expected a product that is for sale',
    })),
  });
});

test('a product of which too much is ordered is named with its limit and with the requested units', async (t) => {
  const large = [{ sku: 'lamp', requested: 4, limit: 3 }];
  t.like(await refused(t, { kind: 'too-many-of-product', large }), {
    status: 409,
    type: 'urn:order-bridge:problem:too-many-of-product',
    detail: 'An order may have at most 3 of lamp, not 4.',
    lines: large,
    errors: [
      { field: 'items[0].quantity', pointer: '/items/0/quantity' },
      { field: 'items[2].quantity', pointer: '/items/2/quantity' },
    ],
  });
});
