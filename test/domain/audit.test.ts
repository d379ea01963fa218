import test from 'ava';
import { INVARIANTS } from '../../src/domain/audit.js';

test('each invariant has its number and its rule in words', (t) => {
  t.deepEqual(Object.keys(INVARIANTS), ['I1', 'I2', 'I3', 'I4', 'I5', 'I6']);
  for (const [number, words] of Object.entries(INVARIANTS)) t.regex(words, /^\w+ .* \w+$/, number);
});
