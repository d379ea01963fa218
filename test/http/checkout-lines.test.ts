import test from 'ava';
import { serveShop } from '../helpers/app.js';

test('a line of more than a thousand units is for MAX_QUANTITY_PER_ORDER to refuse, not for its shape', async (t) => {
  const asked: number[] = [];
  const shop = await serveShop(t, {
    checkout: async ({ lines }) => {
      asked.push(...lines.map(({ quantity }) => quantity));
      return { kind: 'too-many-units', limit: 5_000, requested: 5_001 };
    },
  });
  const buy = (quantity: number) =>
    fetch(`${shop}/checkout`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': String(quantity) },
      body: JSON.stringify({ userId: 7, items: [{ sku: 'mug', quantity }] }),
    });
  t.is((await buy(5_001)).status, 409);
  t.is((await buy(1_000_001)).status, 422);
  t.deepEqual(asked, [5_001]);
});
