import test from 'ava';
import { createUnfinishedPages } from '../../src/temporal/unfinished-pages.js';

test('the first page is read again after a thousand pages, also while new work fills each page', async (t) => {
  const read: (number | undefined)[] = [];
  const turn = createUnfinishedPages<number>({
    read: async (after) => {
      read.push(after);
      return [after === undefined ? 1 : after + 1];
    },
    pageSize: 1,
    keyOf: String,
    now: () => 0,
  });
  for (let index = 0; index < 1_001; index++) await turn(async (due) => due.length);
  t.is(read[999], 999);
  t.is(read[1_000], undefined);
});
