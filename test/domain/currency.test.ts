import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { data } from 'currency-codes';
import { currencyDigits, isCurrency, toDecimal, toMinorUnits } from '../../src/domain/currency.js';
import { currency as currencyOfBody } from '../../src/http/schemas.js';

for (const [code, digits] of Object.entries({
  EUR: 2,
  USD: 2,
  JPY: 0,
  ISK: 0,
  CLP: 0,
  KWD: 3,
  UYW: 4,
  XCG: 2,
  XOF: 0,
})) {
  test(`${code} is a currency with ${digits} digits`, (t) => {
    t.true(isCurrency(code));
    t.is(currencyDigits(code), digits);
  });
}

for (const code of ['HRK', 'BGN', 'ANG', 'CUC', 'XAU', 'XTS', 'XXX', 'eur', 'EU', 'EURO', '', '€', 'toString']) {
  test(`no price can be set in ${JSON.stringify(code)}`, (t) => {
    t.false(isCurrency(code));
    t.false(currencyOfBody.safeParse(code).success);
  });
}

test('an amount in a withdrawn currency keeps its digits', (t) => {
  t.is(toDecimal(2500, 'BGN'), '25.00');
});

test('a body with an unknown currency names it', (t) => {
  const [issue] = currencyOfBody.safeParse('XAU').error?.issues ?? [];
  t.is(issue?.message, 'expected a currency of ISO 4217 such as EUR, not "XAU"');
});

/** The table as ISO publishes it; the library turns "N.A." into 0 digits. */
const published = readFileSync(createRequire(import.meta.url).resolve('currency-codes/iso-4217-list-one.xml'), 'utf8');

test('a code without a minor unit in ISO 4217 is no currency', (t) => {
  const without = [...published.matchAll(/<Ccy>(\w{3})<\/Ccy>\s*<CcyNbr>\d+<\/CcyNbr>\s*<CcyMnrUnts>N\.A\.</g)];
  const codes = new Set(without.map(([, code = '']) => code));
  t.true(codes.has('XAU'));
  t.deepEqual(
    data.map(({ code }) => code).filter((code) => currencyDigits(code) === undefined),
    [...codes].sort(),
  );
});

test('the changes since the table of the library are for the table of this date', (t) => {
  t.regex(published, /Pblshd="2024-06-25"/, 'mend `added` and `withdrawn` in src/domain/currency.ts');
});

for (const [price, code, amount] of [
  ['12.50', 'EUR', 1250],
  ['12.5', 'EUR', 1250],
  ['12', 'EUR', 1200],
  ['0', 'EUR', 0],
  ['0.07', 'EUR', 7],
  ['1.1', 'KWD', 1100],
  ['1250', 'JPY', 1250],
  ['90071992547409.91', 'EUR', Number.MAX_SAFE_INTEGER],
] as const) {
  test(`${price} ${code} are ${amount} minor units`, (t) => {
    t.is(toMinorUnits(price, code), amount);
  });
}

for (const [price, code] of [
  ['12.505', 'EUR'],
  ['12.', 'EUR'],
  ['.50', 'EUR'],
  ['-1', 'EUR'],
  ['+1', 'EUR'],
  ['1e3', 'EUR'],
  ['1,000.00', 'EUR'],
  ['12,50', 'EUR'],
  ['007', 'EUR'],
  ['٣', 'EUR'],
  [' 1', 'EUR'],
  ['', 'EUR'],
  ['12.0', 'JPY'],
  ['90071992547409.92', 'EUR'],
  ['12', 'XAU'],
] as const) {
  test(`${JSON.stringify(price)} is no price in ${code}`, (t) => {
    t.is(toMinorUnits(price, code), undefined);
  });
}

testProp(
  'each amount is the same after the way through its decimal number',
  [fc.maxSafeNat(), fc.constantFrom('EUR', 'JPY', 'KWD', 'UYW', 'XCG')],
  (t, amount, code) => {
    t.is(toMinorUnits(toDecimal(amount, code), code), amount);
  },
);
