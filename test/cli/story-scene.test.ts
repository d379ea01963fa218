import test from 'ava';
import { prepareScene, storySkus } from '../../src/cli/story/scene.js';
import { auditDatabase } from '../../src/db/audit/audit.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { readStock, restock } from '../../src/db/products.js';
import { placeOrder, shopDatabase } from '../helpers/database.js';

test('ten plays of the story create as many products as one, and the stock never runs out', async (t) => {
  const { pool } = await shopDatabase(t, []);
  const available = async () => (await readStock(pool)).map(({ sku, available: left }) => [sku, left] as const);
  await prepareScene(pool);
  const first = await available();
  t.is(first.length, 3);
  const units = new Map(first);
  for (let start = 0; start < 10; start++) {
    for (const sku of Object.values(storySkus)) {
      const { orderId } = await placeOrder(pool, { lines: [{ sku, quantity: 1 }] });
      await settleOrder(pool, orderId, { kind: 'cancel', reason: 'customer-request' });
      await restock(pool, sku, (units.get(sku) ?? 0) - 1);
    }
    await prepareScene(pool);
    t.deepEqual(await available(), first);
  }
  t.deepEqual(await auditDatabase(pool, 30), []);
});

test('the story waits for an open order of an earlier story, so that its unit does not come back later', async (t) => {
  const { pool } = await shopDatabase(t, []);
  await prepareScene(pool);
  const { orderId } = await placeOrder(pool, { lines: [{ sku: storySkus.print, quantity: 1 }] });
  const again = prepareScene(pool);
  const settled = settleOrder(pool, orderId, { kind: 'cancel', reason: 'customer-request' });
  await Promise.all([again, settled]);
  const print = (await readStock(pool)).find(({ sku }) => sku === storySkus.print);
  t.like(print, { available: 1, reserved: 0 });
});
