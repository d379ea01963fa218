import test from 'ava';
import { startSweep } from '../../src/process/sweep.js';
import { createTestLog } from '../helpers/broker.js';

test('a stop ends a run of a sweep between two items, and is no failure', async (t) => {
  const log = createTestLog();
  const begun = Promise.withResolvers<void>();
  let pieces = 0;
  const sweep = startSweep('orders', 60_000, log, async (signal) => {
    for (;;) {
      signal.throwIfAborted();
      pieces++;
      await new Promise(setImmediate);
      begun.resolve();
    }
  });
  await begun.promise;
  await sweep.stop();
  const then = pieces;
  await new Promise(setImmediate);
  t.is(pieces, then);
  t.deepEqual(log.lines, []);
});

test('a run of a sweep that takes long is logged until it ends', async (t) => {
  const logged = Promise.withResolvers<unknown>();
  const log = { ...createTestLog(), warn: (...line: unknown[]) => logged.resolve(line[0]) };
  const sweep = startSweep('orders', 60_000, log, () => logged.promise, 1);
  t.like(await logged.promise, { sweep: 'orders' });
  await sweep.stop();
});
