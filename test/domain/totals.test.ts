import { testProp } from '@fast-check/ava';
import test from 'ava';
import fc from 'fast-check';
import { mergeLines, otherPrices } from '../../src/domain/allocation.js';
import { type Adjustment, LIMITS, statusAtCheckout, totalOf } from '../../src/domain/totals.js';

const eur = (amount: number) => ({ amount, currency: 'EUR' });
const shipping: Adjustment = { kind: 'shipping', label: 'Parcel', amount: 490 };
const voucher = (amount: number): Adjustment => ({ kind: 'discount', label: 'WELCOME', amount });
const tax: Adjustment = { kind: 'tax', label: 'VAT 19 %', amount: 399 };

test('an order costs its lines and its adjustments', (t) => {
  t.is(totalOf(eur(2_500)), 2_500);
  t.is(totalOf(eur(2_500), [shipping, tax, voucher(-500)]), 2_889);
});

test('a tax that the prices contain is not added', (t) => {
  t.is(totalOf(eur(2_500), [{ ...tax, included: true }]), 2_500);
});

test('an order may cost nothing, and not less than nothing', (t) => {
  t.is(totalOf(eur(2_500), [voucher(-2_500)]), 0);
  t.deepEqual(totalOf(eur(2_500), [shipping, voucher(-2_991)]), {
    kind: 'amount-negative',
    ofLines: 2_500,
    ofAdjustments: -2_501,
    currency: 'EUR',
  });
});

test('a total is a number that JavaScript counts exactly', (t) => {
  const fee = (amount: number): Adjustment => ({ kind: 'fee', label: 'Fee', amount });
  t.is(totalOf(eur(Number.MAX_SAFE_INTEGER - 1), [fee(1)]), Number.MAX_SAFE_INTEGER);
  t.deepEqual(totalOf(eur(Number.MAX_SAFE_INTEGER), [fee(1)]), { kind: 'amount-too-large' });
});

const adjustment = fc
  .record({ amount: fc.integer({ min: -LIMITS.amount, max: LIMITS.amount }), included: fc.boolean() })
  .map(
    ({ amount, included }): Adjustment => ({
      kind: amount < 0 ? 'discount' : 'tax',
      label: 'x',
      amount,
      ...(included && { included }),
    }),
  );

testProp(
  'a total is the exact sum of what is added, or is refused',
  [fc.maxSafeNat(), fc.array(adjustment, { maxLength: LIMITS.adjustments })],
  (t, lines, adjustments) => {
    const added = adjustments.filter(({ included }) => !included).map(({ amount }) => BigInt(amount));
    const exact = added.reduce((sum, amount) => sum + amount, BigInt(lines));
    const total = totalOf(eur(lines), adjustments);
    if (exact < 0n) t.like(total, { kind: 'amount-negative' });
    else if (exact > BigInt(Number.MAX_SAFE_INTEGER)) t.deepEqual(total, { kind: 'amount-too-large' });
    else t.is(total, Number(exact));
  },
);

test('only an order that costs nothing is paid at its checkout', (t) => {
  t.is(statusAtCheckout({ amount: 0 }), 'paid');
  t.is(statusAtCheckout({ amount: 1 }), 'placed');
});

test('lines of one SKU keep their agreed price, and another price of the SKU is found', (t) => {
  const line = (sku: string, quantity: number, unitPrice?: number) => ({
    sku,
    quantity,
    ...(unitPrice !== undefined && { unitPrice }),
  });
  const lines = [line('mug', 1, 900), line('lamp', 1), line('mug', 2, 900)];
  t.deepEqual(mergeLines(lines), [line('lamp', 1), line('mug', 3, 900)]);
  t.deepEqual(otherPrices(lines), []);
  t.deepEqual(otherPrices([line('mug', 1, 900), line('mug', 1, 901), line('lamp', 1), line('lamp', 1, 0)]), [1, 3]);
});
