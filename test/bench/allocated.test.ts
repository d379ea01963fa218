import test from 'ava';
import { allocatedBy } from '../../bench/harness/allocated.js';

const MB = 1e6;

test.serial('memory that the garbage collector takes back meanwhile counts', async (t) => {
  let last: number[] = [];
  const bytes = await allocatedBy(async () => {
    // A number that is no integer takes eight bytes of the array.
    for (let round = 0; round < 1_000; round++) last = Array.from({ length: 10_000 }, (_, index) => index + 0.5);
  });
  t.is(last.length, 10_000);
  t.true(bytes > 80 * MB, `${bytes} bytes`);
  t.true(bytes < 1_000 * MB, `${bytes} bytes`);
});

test.serial('the memory of buffers counts', async (t) => {
  const kept: Buffer[] = [];
  const bytes = await allocatedBy(async () => {
    for (let round = 0; round < 100; round++) kept.push(Buffer.alloc(MB));
  });
  t.is(kept.length, 100);
  t.true(bytes > 90 * MB, `${bytes} bytes`);
});
