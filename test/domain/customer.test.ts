import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { customerInWords, toCustomer } from '../../src/domain/customer.js';

for (const [given, customer] of [
  [1, 1],
  [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ['1', 1],
  ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ['9007199254740992', '9007199254740992'],
  ['99999999999999999', '99999999999999999'],
  ['0', '0'],
  ['01', '01'],
  ['1.0', '1.0'],
  ['1e3', '1e3'],
  ['+1', '+1'],
  ['-1', '-1'],
  ['0x10', '0x10'],
  ['١', '١'],
  ['ann b@example.org', 'ann b@example.org'],
  ['o\u0308', '\u00f6'],
  ['\u{1f9e6}'.repeat(64), '\u{1f9e6}'.repeat(64)],
  [0, undefined],
  [-1, undefined],
  [0.5, undefined],
  [2 ** 53, undefined],
  [Number.NaN, undefined],
  ['', undefined],
  [' 1', undefined],
  ['1 ', undefined],
  ['1\n', undefined],
  ['a\u0000', undefined],
  ['\ud800', undefined],
  ['x'.repeat(65), undefined],
] as const) {
  test(`${JSON.stringify(given).slice(0, 30)} names the customer ${JSON.stringify(customer)?.slice(0, 30)}`, (t) => {
    t.is(toCustomer(given), customer);
  });
}

testProp('the form of a customer is the form of itself, as it is and as a text', [fc.string()], (t, text) => {
  const customer = toCustomer(text) ?? 1;
  t.is(toCustomer(customer), customer);
  t.is(toCustomer(String(customer)), customer);
});

test('a guest has no id in words', (t) => {
  t.deepEqual(['ann', 7, null, undefined].map(customerInWords), ['customer ann', 'customer 7', 'a guest', 'a guest']);
});
