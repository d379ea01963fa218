import { testProp } from '@fast-check/ava';
import test from 'ava';
import fc from 'fast-check';
import { freePlace, NO_LIMITS } from '../../src/domain/hoarding.js';

test('the next free place follows the given place, and after the last place comes the first', (t) => {
  t.is(freePlace(new Set(), 3, 0), 1);
  t.is(freePlace(new Set(), 3, 1), 2);
  t.is(freePlace(new Set(), 3, 3), 1);
  t.is(freePlace(new Set([1]), 3, 3), 2);
  t.is(freePlace(new Set([3, 1]), 3, 2), 2);
  t.is(freePlace(new Set([1, 2, 3]), 3, 0), undefined);
});

const places = fc.uniqueArray(fc.integer({ min: 1, max: 12 })).map((taken) => new Set(taken));

testProp(
  'a place is free and within the limit, and is missing only when the limit is reached',
  [places, fc.integer({ min: 1, max: 8 }), fc.nat()],
  (t, taken, limit, after) => {
    const place = freePlace(taken, limit, after);
    if (place === undefined) t.true(taken.size >= limit);
    else t.true(place >= 1 && place <= limit && !taken.has(place) && taken.size < limit);
  },
);

test('neither orders nor units are limited without limits', (t) => {
  t.deepEqual(NO_LIMITS, { openOrders: 0, quantity: 0 });
});
