import test, { type ExecutionContext } from 'ava';
import { Client } from 'undici';
import { createProductCache } from '../../src/api/product-cache.js';
import { createProductReads } from '../../src/db/products-on-sale.js';
import { DomainError, unavailable } from '../../src/domain/errors.js';
import type { ProductOnSale } from '../../src/domain/product-on-sale.js';
import { watchedPool } from '../db/watched-pool.js';
import { serveShop } from '../helpers/app.js';
import { openPool, placeOrder, product, shopDatabase } from '../helpers/database.js';

/** `GET /products/:sku`: the cache, the batched reads, and the answers over HTTP on a real database. */

const aProduct = (sku: string): ProductOnSale => ({
  sku,
  name: 'A mug',
  unitPrice: 1250,
  currency: 'EUR',
  available: 3,
  buyable: true,
  maxPerOrder: null,
});

/** A cache on a clock of the test, above reads that are counted. */
function countedCache({ most }: { readonly most?: number } = {}) {
  const clock = { ms: 1_000 };
  const reads: string[] = [];
  const answer = { of: async (sku: string): Promise<ProductOnSale | undefined> => aProduct(sku) };
  const read = (sku: string) => {
    reads.push(sku);
    return answer.of(sku);
  };
  return { clock, reads, answer, find: createProductCache(read, { now: () => clock.ms, ...(most && { most }) }) };
}

async function shopOnPool(t: ExecutionContext) {
  const skus = ['mug', 'T-SHIRT/RED L', 'größe-M', '鞋-42', 'off', 'none', 'few'];
  const { pool, url } = await shopDatabase(
    t,
    skus.map((sku) => product({ sku, stock: sku === 'none' ? 0 : 10 })),
  );
  await pool.query("UPDATE products SET active = 0 WHERE sku = 'off'");
  await pool.query("UPDATE products SET max_per_order = 2 WHERE sku = 'few'");
  const queries: string[] = [];
  const clock = { ms: 1_000 };
  const watched = watchedPool(openPool(t, url), { queries });
  const findProduct = createProductCache(createProductReads(watched), { now: () => clock.ms });
  const shopUrl = await serveShop(t, { findProduct });
  const read = async (sku: string) => {
    const answer = await fetch(`${shopUrl}/products/${encodeURIComponent(sku)}`);
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> };
  };
  return { pool, clock, queries, read, findProduct, shopUrl };
}

test('a product is answered with its price, its stock and whether it can be bought, for a second', async (t) => {
  const { read } = await shopOnPool(t);
  const { status, headers, body } = await read('mug');
  t.is(status, 200);
  t.is(headers.get('cache-control'), 'public, max-age=1');
  t.deepEqual(body, {
    sku: 'mug',
    name: 'A mug',
    unitPrice: 1250,
    currency: 'EUR',
    available: 10,
    buyable: true,
    maxPerOrder: null,
  });
  t.like((await read('off')).body, { available: 10, buyable: false });
  t.like((await read('none')).body, { available: 0, buyable: false });
  t.like((await read('few')).body, { buyable: true, maxPerOrder: 2 });
});

test('a SKU is percent-encoded in the path, and any Unicode form of it names the same product', async (t) => {
  const { read, shopUrl } = await shopOnPool(t);
  for (const sku of ['T-SHIRT/RED L', 'größe-M', 'größe-M'.normalize('NFD'), '鞋-42']) {
    const { status, body } = await read(sku);
    t.deepEqual([status, body['sku']], [200, sku.normalize('NFC')]);
  }
  t.is((await fetch(`${shopUrl}/products/T-SHIRT%2FRED%20L`)).status, 200);
  t.is((await read('MUG')).status, 404);
});

test('an unknown SKU and a text that is no SKU are 404 with different problems, and a broken encoding is 400', async (t) => {
  const { read, shopUrl } = await shopOnPool(t);
  const unknown = await read('lamp');
  t.is(unknown.status, 404);
  t.is(unknown.headers.get('cache-control'), 'public, max-age=1');
  t.like(unknown.body, {
    type: 'urn:order-bridge:problem:not-found',
    detail: 'There is no product with the SKU lamp.',
  });
  for (const text of [' ', ' mug', 'mug ', 'a\u0000b', 'x'.repeat(65), '\u200b', 'x'.repeat(5_000)]) {
    const { status, body } = await read(text);
    t.is(status, 404, JSON.stringify(text));
    t.is(body['type'], 'urn:order-bridge:problem:not-a-sku');
    t.regex(String(body['detail']), /expected 1 to 64 printable characters/);
  }
  t.is((await fetch(`${shopUrl}/products/%E0%A4%A`)).status, 400);
});

test('a thousand requests at once ask the database a handful of times, also for unknown SKUs', async (t) => {
  const { shopUrl, queries } = await shopOnPool(t);
  const skus = Array.from({ length: 1_000 }, (_, n) => (n % 2 === 0 ? 'mug' : `unknown-${n % 4}`));
  const client = new Client(shopUrl, { pipelining: skus.length });
  t.teardown(() => client.close());
  const readAll = () =>
    Promise.all(
      skus.map(async (sku) => {
        const { statusCode, body } = await client.request({ method: 'GET', path: `/products/${sku}` });
        await body.dump();
        return statusCode;
      }),
    );
  t.deepEqual([...new Set(await readAll())].toSorted(), [200, 404]);
  t.true(queries.length > 0 && queries.length <= 5, `${queries.length} queries`);
  await readAll();
  t.true(queries.length <= 5, 'the second thousand is answered by the cache');
});

test('reads of a thousand SKUs at once share a handful of queries', async (t) => {
  const { findProduct, queries } = await shopOnPool(t);
  await Promise.all(Array.from({ length: 1_000 }, (_, n) => findProduct(`sku-${n}`)));
  t.true(queries.length > 0 && queries.length <= 5, `${queries.length} queries`);
});

test('a page shows a changed stock after a second', async (t) => {
  const { pool, read, clock } = await shopOnPool(t);
  t.like((await read('mug')).body, { available: 10 });
  await placeOrder(pool, { lines: [{ sku: 'mug', quantity: 4 }] });
  clock.ms += 999;
  t.like((await read('mug')).body, { available: 10 });
  clock.ms += 2;
  t.like((await read('mug')).body, { available: 6 });
});

test('a read that takes long is kept for the rest of its second only', async (t) => {
  const { clock, reads, answer, find } = countedCache();
  answer.of = async (sku) => {
    clock.ms += 900;
    return aProduct(sku);
  };
  await find('mug');
  clock.ms += 99;
  await find('mug');
  t.is(reads.length, 1);
  clock.ms += 2;
  await find('mug');
  t.is(reads.length, 2);
  answer.of = async (sku) => {
    clock.ms += 5_000;
    return aProduct(sku);
  };
  clock.ms += 1_001;
  await find('mug');
  clock.ms += 2;
  await find('mug');
  t.is(reads.length, 4);
});

test('an outage is a 503 with Retry-After and is not kept', async (t) => {
  const { answer, find, reads } = countedCache();
  const url = await serveShop(t, { findProduct: find });
  answer.of = () => Promise.reject(unavailable('the database', new Error('away')));
  for (const _ of [1, 2]) {
    const refused = await fetch(`${url}/products/mug`);
    t.is(refused.status, 503);
    t.is(refused.headers.get('cache-control'), 'no-store');
    t.truthy(refused.headers.get('retry-after'));
  }
  t.is(reads.length, 2);
  answer.of = async (sku) => aProduct(sku);
  t.is((await fetch(`${url}/products/mug`)).status, 200);
});

test('more SKUs than the cache keeps are all answered, and the cache stays as small', async (t) => {
  const { find, reads } = countedCache({ most: 10 });
  const skus = Array.from({ length: 1_000 }, (_, n) => `sku-${n}`);
  const found = await Promise.all(skus.map(find));
  t.deepEqual(
    found.map((one) => one?.sku),
    skus,
  );
  const before = reads.length;
  await find('sku-0');
  t.is(reads.length, before + 1);
});

test('reads past their limit are refused as an overload', async (t) => {
  const { pool } = await shopDatabase(t);
  const read = createProductReads(pool);
  const results = await Promise.allSettled(Array.from({ length: 12_000 }, (_, n) => read(`sku-${n}`)));
  const refused = results.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  t.true(refused.length > 0 && refused.length < 2_000);
  t.true(refused.every((error) => error instanceof DomainError && error.code === 'overloaded'));
});
