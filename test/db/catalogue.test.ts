import test from 'ava';
import { until } from '../../src/cli/story/until.js';
import { auditDatabase } from '../../src/db/audit/audit.js';
import { deleteProduct, findProduct, listProducts } from '../../src/db/catalogue/products.js';
import { previewProducts, saveProducts, saveProductsIn } from '../../src/db/catalogue/save-products.js';
import type { Pool } from '../../src/db/driver/pool.js';
import { inTransaction } from '../../src/db/driver/transaction.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { createStockChanges } from '../../src/db/stock/stock-changes.js';
import type { WantedProduct } from '../../src/domain/product.js';
import { openPool, placeOrder, product, rows, shopDatabase } from '../helpers/database.js';

/** The catalogue as operators change it. */

const by = 'ann';
const cup = (own: Partial<WantedProduct> = {}): WantedProduct => ({
  sku: 'cup',
  name: 'A cup',
  unitPrice: 900,
  currency: 'EUR',
  ...own,
});
const shop = (t: Parameters<typeof shopDatabase>[0]) => shopDatabase(t, []);
const outcomes = (saved: readonly { readonly outcome: string }[]) => saved.map(({ outcome }) => outcome);

test('a product is created with its opening stock and its ledger, and the same call again changes nothing', async (t) => {
  const { pool } = await shop(t);
  const wanted = [cup({ openingStock: 5 }), cup({ sku: '鞋-42', maxPerOrder: 3, active: false })];
  t.deepEqual(outcomes(await saveProducts(pool, wanted, { by })), ['created', 'created']);
  t.deepEqual(outcomes(await saveProducts(pool, wanted, { by: 'bob' })), ['unchanged', 'unchanged']);
  const stock = { available: 5, reserved: 0, sold: 0 };
  const created = { ...cup(), name: 'A cup', active: true, maxPerOrder: null, ...stock };
  t.deepEqual(await findProduct(pool, 'cup'), created as never);
  t.like(await findProduct(pool, '鞋-42'), { maxPerOrder: 3, active: false, available: 0 });
  t.deepEqual(
    await rows(pool, 'SELECT sku, kind, quantity, changed_by, available_after FROM stock_changes ORDER BY change_id'),
    [
      { sku: 'cup', kind: 'opening', quantity: 5, changed_by: 'ann', available_after: 5 },
      { sku: '鞋-42', kind: 'opening', quantity: 0, changed_by: 'ann', available_after: 0 },
    ],
  );
  t.deepEqual(await auditDatabase(pool, 15), []);
});

test('a change keeps each field that it does not name, the stock, and the prices of placed orders', async (t) => {
  const { pool } = await shop(t);
  await saveProducts(pool, [cup({ openingStock: 5, maxPerOrder: 3 })], { by });
  const { orderId } = await placeOrder(pool, { lines: [{ sku: 'cup', quantity: 2 }] });
  const [saved] = await saveProducts(pool, [{ sku: 'cup', unitPrice: 1_000, openingStock: 99 }], { by });
  t.like(saved, { outcome: 'changed', before: { unitPrice: 900 }, product: { unitPrice: 1_000, maxPerOrder: 3 } });
  t.like(await findProduct(pool, 'cup'), {
    name: 'A cup',
    unitPrice: 1_000,
    maxPerOrder: 3,
    available: 3,
    reserved: 2,
  });
  t.like(await rows(pool, 'SELECT amount FROM checkouts'), [{ amount: 1_800 }]);
  await saveProducts(pool, [{ sku: 'cup', maxPerOrder: null, active: false, name: 'Größe 鞋' }], { by });
  t.like(await findProduct(pool, 'cup'), { name: 'Größe 鞋', maxPerOrder: null, active: false });
  const { order } = await settleOrder(pool, orderId, { kind: 'cancel', reason: 'customer-request' });
  t.like(order, { status: 'canceled', amount: 1_800 });
  t.like(await findProduct(pool, 'cup'), { available: 5, reserved: 0 });
  t.deepEqual(await auditDatabase(pool, 15), []);
});

test('no product is saved while one of them is new and lacks a field', async (t) => {
  const { pool } = await shop(t);
  const saved = await saveProducts(pool, [cup(), { sku: 'pot', unitPrice: 1 }], { by });
  t.deepEqual(saved[1], { sku: 'pot', outcome: 'incomplete', missing: ['name', 'currency'] });
  t.deepEqual(await listProducts(pool, { limit: 9 }), []);
});

test('a preview says what a save would do, and does nothing', async (t) => {
  const { pool } = await shop(t);
  await saveProducts(pool, [cup(), cup({ sku: 'pot' })], { by });
  const wanted = [cup(), cup({ sku: 'pot', active: false }), cup({ sku: 'mug' })];
  t.deepEqual(outcomes(await previewProducts(pool, wanted)), ['unchanged', 'changed', 'created']);
  t.deepEqual(outcomes(await previewProducts(pool, wanted)), ['unchanged', 'changed', 'created']);
});

test('several thousand products are saved in one transaction', async (t) => {
  const { pool } = await shop(t);
  const many = Array.from({ length: 2_500 }, (_, index) => cup({ sku: `sku-${index}`, openingStock: 1 }));
  t.deepEqual(new Set(outcomes(await saveProducts(pool, many, { by }))), new Set(['created']));
  const dearer = many.map((one) => ({ ...one, unitPrice: 901 }));
  t.deepEqual(new Set(outcomes(await saveProducts(pool, dearer, { by }))), new Set(['changed']));
  const failing = inTransaction(pool, async (transaction) => {
    await saveProductsIn(transaction, many, { by });
    throw new Error('a later line is bad');
  });
  await t.throwsAsync(failing, { message: 'a later line is bad' });
  t.deepEqual(await rows(pool, 'SELECT COUNT(*) AS n FROM products WHERE unit_price = 901'), [{ n: 2_500 }]);
  t.deepEqual(await auditDatabase(pool, 15), []);
});

test('two processes that save the same products at once create each product once, with one ledger row', async (t) => {
  const { pool, url } = await shop(t);
  const other = openPool(t, url);
  const skus = Array.from({ length: 40 }, (_, index) => `sku-${index}`);
  const save = (from: typeof pool, order: readonly string[]) =>
    saveProducts(
      from,
      order.map((sku) => cup({ sku, openingStock: 2 })),
      { by },
    );
  const saved = await Promise.all(
    Array.from({ length: 6 }, (_, index) => save(index % 2 ? other : pool, index % 3 ? skus : skus.toReversed())),
  );
  const of = (wanted: string) => saved.flat().filter(({ outcome }) => outcome === wanted).length;
  t.deepEqual([of('created'), of('unchanged')], [40, 200]);
  t.deepEqual(await rows(pool, 'SELECT COUNT(*) AS n, SUM(quantity) AS units FROM stock_changes'), [
    { n: 40, units: '80' },
  ]);
  t.deepEqual(await auditDatabase(pool, 15), []);
});

test('another process that creates a product in between is noticed, and its stock stays', async (t) => {
  const { pool, url } = await shop(t);
  const other = openPool(t, url);
  const first = await pool.getConnection();
  t.teardown(async () => first.destroy());
  await first.query('START TRANSACTION');
  await saveProductsIn(first, [cup({ openingStock: 7 })], { by });
  const second = saveProducts(other, [cup({ unitPrice: 950, openingStock: 9 })], { by });
  const waits = `SELECT id FROM information_schema.processlist
    WHERE db = DATABASE() AND info LIKE 'SELECT sku, name%FOR UPDATE%'`;
  await until(
    'the second to wait',
    () => rows(pool, waits),
    (waiting) => waiting.length > 0,
  );
  await first.query('COMMIT');
  t.deepEqual(outcomes(await second), ['changed']);
  t.like(await findProduct(pool, 'cup'), { unitPrice: 950, available: 7 });
});

test('pages of the catalogue are stable while products come and go, in the order of the SKU', async (t) => {
  const { pool } = await shop(t);
  const skus = ['Z', 'a', 'b', 'c', 'größe-M', '鞋-42', '\u{1f380}-1', '\uff21'];
  await saveProducts(
    pool,
    skus.map((sku) => cup({ sku })),
    { by },
  );
  const page = async (after?: string) => (await listProducts(pool, { after, limit: 3 })).map(({ sku }) => sku);
  t.deepEqual(await page(), ['Z', 'a', 'b']);
  await saveProducts(pool, [cup({ sku: 'A' })], { by });
  await deleteProduct(pool, 'b');
  t.deepEqual(await page('b'), ['c', 'größe-M', '鞋-42']);
  t.deepEqual(await page('鞋-42'), ['\uff21', '\u{1f380}-1']);
});

test('the list is filtered by what is for sale, and by a part of the name or the SKU', async (t) => {
  const { pool } = await shop(t);
  await saveProducts(
    pool,
    [cup({ sku: 'T-SHIRT/RED L', name: 'Shirt' }), cup({ sku: '50%', name: 'Größe_1' }), cup({ active: false })],
    { by },
  );
  const found = async (filters: object) => (await listProducts(pool, { limit: 9, ...filters })).map(({ sku }) => sku);
  t.deepEqual(await found({ active: true }), ['50%', 'T-SHIRT/RED L']);
  t.deepEqual(await found({ active: false }), ['cup']);
  t.deepEqual(await found({ text: 'red l' }), ['T-SHIRT/RED L']);
  t.deepEqual(await found({ text: 'größe_' }), ['50%']);
  t.deepEqual(await found({ text: '0%' }), ['50%']);
  t.deepEqual(await found({ text: '_' }), ['50%']);
  t.deepEqual(await found({ text: '\\' }), []);
});

test('a product that orders hold is not deleted, and the refusal has the numbers; another one is, with its ledger', async (t) => {
  const { pool } = await shopDatabase(t, [
    product(),
    product({ sku: 'lamp', stock: 0 }),
    product({ sku: 'cup', stock: 1 }),
  ]);
  const { orderId } = await placeOrder(pool, { lines: [{ sku: 'mug', quantity: 3 }] });
  t.deepEqual(await deleteProduct(pool, 'mug'), { kind: 'in-use', available: 7, reserved: 3, sold: 0 });
  await settleOrder(pool, orderId, { kind: 'cancel', reason: 'customer-request' });
  t.like(await deleteProduct(pool, 'mug'), { kind: 'in-use', reserved: 0 }, 'the canceled order still names it');
  const inStock = { kind: 'in-use', available: 1, reserved: 0, sold: 0 } as const;
  t.deepEqual(await deleteProduct(pool, 'cup'), inStock, 'its ledger would go with it');
  t.deepEqual(await deleteProduct(pool, 'lamp'), { kind: 'deleted' });
  t.deepEqual(await deleteProduct(pool, 'lamp'), { kind: 'unknown' });
  t.deepEqual(await rows(pool, 'SELECT DISTINCT sku FROM stock_changes ORDER BY sku'), [
    { sku: 'cup' },
    { sku: 'mug' },
  ]);
});

const receiveOne = (pool: Pool, sku: string) =>
  createStockChanges(pool).change({
    ...{ sku, kind: 'received', quantity: 1, reason: null, reference: null, by },
    ...{ cancelNewestOrders: false, idempotencyKey: `receive ${sku}` },
  });

test('a product is not deleted under a delivery and a checkout that reserves it at the same moment', async (t) => {
  const { pool, url } = await shopDatabase(t, []);
  const other = openPool(t, url);
  for (let round = 0; round < 20; round++) {
    const sku = `sku-${round}`;
    await saveProducts(pool, [cup({ sku, openingStock: 0 })], { by });
    const [deleted, placed] = await Promise.all([
      deleteProduct(other, sku),
      receiveOne(pool, sku).then(async ({ kind }) => {
        if (kind !== 'changed') return kind;
        await placeOrder(pool, { lines: [{ sku, quantity: 1 }] });
        return 'reserved';
      }),
    ]);
    t.deepEqual(
      [deleted.kind, placed],
      deleted.kind === 'deleted' ? ['deleted', 'unknown-sku'] : ['in-use', 'reserved'],
    );
  }
  t.deepEqual(await auditDatabase(pool, 15), []);
});
