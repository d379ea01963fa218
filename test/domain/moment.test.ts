import test from 'ava';
import { toMoment } from '../../src/domain/moment.js';

for (const text of [
  '2026-03-01T10:00:00Z',
  '2026-03-01T11:00:00+01:00',
  '2028-02-29T00:00:00.500Z',
  '2026-03-01T10:00Z',
]) {
  test(`${text} is a moment`, (t) => {
    t.deepEqual(toMoment(text), new Date(text));
  });
}

for (const text of [
  ...[
    '',
    'now',
    '2026-03-01',
    '2026-03-01T10:00:00',
    '2026-03-01 10:00:00Z',
    '1772359200000',
    'Sun, 01 Mar 2026 10:00:00 GMT',
  ],
  ...[
    '2026-02-30T00:00:00Z',
    '2026-02-29T00:00:00Z',
    '2026-04-31T00:00:00+02:00',
    '2026-13-01T00:00:00Z',
    '2026-03-01T25:00:00Z',
  ],
]) {
  test(`${JSON.stringify(text)} is no moment`, (t) => {
    t.is(toMoment(text), undefined);
  });
}
