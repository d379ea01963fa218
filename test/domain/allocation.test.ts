import { testProp } from '@fast-check/ava';
import test from 'ava';
import fc from 'fast-check';
import { allocate, bySku, mergeLines, type Product, type RequestedLine } from '../../src/domain/allocation.js';

const stock = (sku: string, available: number, more: Partial<Product> = {}): Product => ({
  sku,
  unitPrice: 100,
  currency: 'EUR',
  available,
  active: true,
  maxPerOrder: null,
  ...more,
});
const line = (sku: string, quantity = 1): RequestedLine => ({ sku, quantity });
const kinds = (...[products, requests]: Parameters<typeof allocate>) =>
  allocate(products, requests).allocations.map(({ kind }) => kind);

const skus = ['Mug', 'lamp', 'mug', 'mug-2', 'pen'] as const;
const lines = fc
  .array(fc.record({ sku: fc.constantFrom(...skus), quantity: fc.integer({ min: 1, max: 6 }) }), {
    minLength: 1,
    maxLength: 6,
  })
  .map(mergeLines);
const shop = fc
  .tuple(...skus.map((sku) => fc.integer({ min: 0, max: 12 }).map((available) => stock(sku, available))))
  .map((products): Product[] => products);

const total = (all: readonly (readonly RequestedLine[])[], sku: string): number =>
  all.flat().reduce((sum, one) => (one.sku === sku ? sum + one.quantity : sum), 0);

test('lines of one SKU become one line', (t) => {
  t.deepEqual(mergeLines([line('mug', 2), line('lamp'), line('mug', 3)]), [line('lamp'), line('mug', 5)]);
});

test('merged lines are in byte order, capitals before small letters', (t) => {
  t.deepEqual(
    mergeLines([line('b'), line('a'), line('B'), line('a-1'), line('A')]).map(({ sku }) => sku),
    ['A', 'B', 'a', 'a-1', 'b'],
  );
});

test('the lock order does not depend on the side of a comparison, and equal SKUs are equal', (t) => {
  t.is(bySku(line('lamp'), line('mug')), -1);
  t.is(bySku(line('mug'), line('lamp')), 1);
  t.is(bySku(line('mug', 1), line('mug', 2)), 0);
});

testProp('merged lines keep every quantity and name each SKU once, in order', [lines, lines], (t, some, others) => {
  const merged = mergeLines([...some, ...others]);
  for (const sku of skus) t.is(total([merged], sku), total([some, others], sku));
  const order = merged.map(({ sku }) => sku);
  t.deepEqual(order, [...new Set(order)].sort());
});

test('the prices of an order come from the catalogue, line by line', (t) => {
  const { allocations } = allocate(
    [stock('lamp', 5, { unitPrice: 4900 }), stock('mug', 5)],
    [[line('lamp'), line('mug', 3)]],
  );
  t.deepEqual(allocations, [
    {
      kind: 'reserved',
      amount: 5200,
      currency: 'EUR',
      items: [
        { sku: 'lamp', quantity: 1, unitPrice: 4900 },
        { sku: 'mug', quantity: 3, unitPrice: 100 },
      ],
    },
  ]);
});

test('the last unit goes to the first buyer', (t) => {
  const { allocations, taken } = allocate([stock('mug', 1)], [[line('mug')], [line('mug')]]);
  t.is(allocations[0]?.kind, 'reserved');
  t.deepEqual(allocations[1], { kind: 'out-of-stock', short: [{ sku: 'mug', requested: 1, available: 0 }] });
  t.deepEqual(taken, [line('mug')]);
});

test('a buyer without stock for one line takes no other line', (t) => {
  const { allocations, taken } = allocate(
    [stock('lamp', 1), stock('mug', 2)],
    [
      [line('lamp'), line('mug', 3)],
      [line('lamp'), line('mug', 2)],
    ],
  );
  t.deepEqual(allocations[0], { kind: 'out-of-stock', short: [{ sku: 'mug', requested: 3, available: 2 }] });
  t.is(allocations[1]?.kind, 'reserved');
  t.deepEqual(taken, [line('lamp'), line('mug', 2)]);
});

test('a refused buyer takes no stock, and admission is checked only when there is stock', (t) => {
  const asked: number[] = [];
  const requests = [[line('mug', 3)], [line('mug', 2)], [line('mug')]];
  const { allocations, taken } = allocate([stock('mug', 2)], requests, (index) => {
    asked.push(index);
    return index === 1 ? 'refused' : undefined;
  });
  t.deepEqual(asked, [1, 2]);
  t.is(allocations[1], 'refused');
  t.like(allocations[2], { kind: 'reserved', amount: 100 });
  t.deepEqual(taken, [line('mug')]);
});

test('a request without lines gets no stock', (t) => {
  t.deepEqual(kinds([stock('mug', 1)], [[]]), ['mixed-currency']);
});

test('every line without enough stock is named', (t) => {
  const { allocations } = allocate(
    [stock('a', 0), stock('b', 9), stock('c', 1)],
    [[line('a'), line('b'), line('c', 2)]],
  );
  t.deepEqual(allocations, [
    {
      kind: 'out-of-stock',
      short: [
        { sku: 'a', requested: 1, available: 0 },
        { sku: 'c', requested: 2, available: 1 },
      ],
    },
  ]);
});

test('every product that is not for sale is named, and its buyer takes nothing', (t) => {
  const { allocations, taken } = allocate(
    [stock('lamp', 0, { active: false }), stock('mug', 1), stock('pot', 9, { active: false })],
    [[line('lamp'), line('mug'), line('pot')], [line('mug')]],
  );
  t.deepEqual(allocations[0], { kind: 'not-for-sale', skus: ['lamp', 'pot'] });
  t.is(allocations[1]?.kind, 'reserved');
  t.deepEqual(taken, [line('mug')]);
});

test('more units of a product than one order may have are refused with the limit, whatever the stock', (t) => {
  const products = [stock('lamp', 0, { maxPerOrder: 2 }), stock('mug', 9, { maxPerOrder: 2 })];
  const { allocations, taken } = allocate(products, [[line('lamp', 3), line('mug', 3)], [line('mug', 2)]]);
  t.deepEqual(allocations[0], {
    kind: 'too-many-of-product',
    large: [
      { sku: 'lamp', requested: 3, limit: 2 },
      { sku: 'mug', requested: 3, limit: 2 },
    ],
  });
  t.is(allocations[1]?.kind, 'reserved');
  t.deepEqual(taken, [line('mug', 2)]);
});

test('every unknown SKU is named, and its buyer takes nothing', (t) => {
  const { allocations, taken } = allocate(
    [stock('mug', 1)],
    [[line('unknown'), line('mug'), line('missing')], [line('mug')]],
  );
  t.deepEqual(allocations[0], { kind: 'unknown-sku', skus: ['unknown', 'missing'] });
  t.is(allocations[1]?.kind, 'reserved');
  t.deepEqual(taken, [line('mug')]);
});

test('an order in two currencies is refused and takes nothing', (t) => {
  const products = [stock('mug', 1), stock('tea', 1, { currency: 'GBP' })];
  const { allocations, taken } = allocate(products, [[line('mug'), line('tea')], [line('tea')]]);
  t.deepEqual(allocations[0], { kind: 'mixed-currency', currencies: ['EUR', 'GBP'] });
  t.is(allocations[1]?.kind, 'reserved');
  t.deepEqual(taken, [line('tea')]);
});

test('an amount up to the largest exact integer is sold, and one cent more is not', (t) => {
  const dear = [stock('castle', 2, { unitPrice: Number.MAX_SAFE_INTEGER }), stock('mint', 2, { unitPrice: 1 })];
  t.deepEqual(kinds(dear, [[line('castle')]]), ['reserved']);
  t.deepEqual(kinds(dear, [[line('castle'), line('mint')], [line('castle', 2)]]), [
    'amount-too-large',
    'amount-too-large',
  ]);
});

test('a product with the price 0 is sold', (t) => {
  const { allocations } = allocate([stock('leaflet', 1, { unitPrice: 0 })], [[line('leaflet')]]);
  t.like(allocations[0], { kind: 'reserved', amount: 0 });
});

testProp(
  'the taken stock is the sold stock, and is never more than the available stock',
  [shop, fc.array(lines, { minLength: 1 })],
  (t, ...given) => {
    const [products, requests] = given;
    const { allocations, taken } = allocate(products, requests);
    const sold = requests.filter((_, index) => allocations[index]?.kind === 'reserved');
    for (const { sku, available } of products) {
      t.is(total([taken], sku), total(sold, sku));
      t.true(total(sold, sku) <= available);
    }
  },
);

testProp(
  'a buyer is refused only when the earlier buyers left too little stock',
  [shop, fc.array(lines, { minLength: 1 })],
  (t, products, requests) => {
    const { allocations } = allocate(products, requests);
    requests.forEach((request, index) => {
      const before = requests.slice(0, index).filter((_, earlier) => allocations[earlier]?.kind === 'reserved');
      const fits = request.every(({ sku, quantity }) => {
        const available = products.find((product) => product.sku === sku)?.available ?? 0;
        return total(before, sku) + quantity <= available;
      });
      t.is(allocations[index]?.kind, fits ? 'reserved' : 'out-of-stock');
    });
  },
);
