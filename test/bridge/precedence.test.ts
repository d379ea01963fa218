import test from 'ava';
import { createPrecedence } from '../../src/bridge/precedence.js';

const never = new AbortController().signal;

test('work that can wait begins after the urgent work, also when that fails', async (t) => {
  const { urgent, standBack } = createPrecedence(600_000);
  const steps: string[] = [];
  const gate = Promise.withResolvers<void>();
  const failing = urgent(() => gate.promise);
  const waiting = standBack(never).then(() => steps.push('work that can wait'));
  await new Promise(setImmediate);
  steps.push('urgent work');
  gate.reject(new Error('an outage'));
  await t.throwsAsync(failing, { message: 'an outage' });
  await waiting;
  t.deepEqual(steps, ['urgent work', 'work that can wait']);
  await standBack(never);
});

test('urgent work that hangs delays other work for a bounded time', async (t) => {
  const { urgent, standBack } = createPrecedence(1);
  const gate = Promise.withResolvers<void>();
  const hanging = urgent(() => gate.promise);
  await standBack(never);
  gate.resolve();
  await t.notThrowsAsync(hanging);
});

test('a stop does not wait for the urgent work', async (t) => {
  const { urgent, standBack } = createPrecedence(600_000);
  const gate = Promise.withResolvers<void>();
  const stopping = new AbortController();
  const working = urgent(() => gate.promise);
  const waiting = standBack(stopping.signal);
  stopping.abort();
  await waiting;
  gate.resolve();
  await t.notThrowsAsync(working);
});
