import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import { withTimeout } from '../../src/domain/with-timeout.js';

const never = new Promise<never>(() => undefined);
const late = () => new Error('no answer');
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

test.serial('work that ends in time returns its result or its error, and leaves no timer', async (t) => {
  const before = timers();
  t.is(await withTimeout(Promise.resolve('done'), 3_600_000, late), 'done');
  await t.throwsAsync(withTimeout(Promise.reject(new Error('refused')), 3_600_000, late), { message: 'refused' });
  t.is(timers(), before);
});

test('work that takes too long fails with the error of the time-out, and its own late error is dropped', async (t) => {
  const { promise, reject } = Promise.withResolvers<never>();
  await t.throwsAsync(withTimeout(promise, 1, late), { message: 'no answer' });
  reject(new Error('too late'));
  // An unhandled rejection would end this process.
  await nextTurn();
});

test('the wait continues while the time-out returns no error', async (t) => {
  let asked = 0;
  const error = () => (++asked < 3 ? undefined : late());
  await t.throwsAsync(withTimeout(never, 1, error), { message: 'no answer' });
  t.is(asked, 3);
});
