import { testProp } from '@fast-check/ava';
import test from 'ava';
import fc from 'fast-check';
import { fromStripe, stripeStep, toStripe } from '../../src/payments/stripe-currencies.js';

/** Stripe's smallest units and those of ISO 4217. The expected figures are from Stripe's documentation. */

for (const [currency, ours, stripes] of [
  ['EUR', 1000, 1000],
  ['JPY', 500, 500],
  ['ISK', 5, 500],
  ['UGX', 5, 500],
  ['MGA', 500, 5],
  ['KWD', 5120, 5120],
  ['HUF', 1045, 1045],
  ['TWD', 80_045, 80_045],
] as const) {
  test(`${ours} ${currency} in minor units are ${stripes} in Stripe's units, in both directions`, (t) => {
    t.is(toStripe(ours, currency), stripes);
    t.is(fromStripe(stripes, currency), ours);
  });
}

for (const currency of ['BHD', 'JOD', 'KWD', 'OMR', 'TND']) {
  test(`Stripe accepts no amount of ${currency} whose last digit is not 0`, (t) => {
    t.is(toStripe(5124, currency), undefined);
    t.is(stripeStep(currency), 10);
  });
}

test('a part of an ariary cannot be charged, nor can a part of a króna be reported', (t) => {
  t.is(toStripe(550, 'MGA'), undefined);
  t.is(fromStripe(550, 'ISK'), undefined);
});

testProp(
  'an amount that Stripe accepts is the same after both conversions',
  [fc.integer({ min: 0, max: 10 ** 12 }), fc.constantFrom('EUR', 'ISK', 'UGX', 'MGA', 'KWD', 'JPY')],
  (t, amount, currency) => {
    const sent = toStripe(amount, currency);
    t.true(sent === undefined || fromStripe(sent, currency) === amount);
  },
);
