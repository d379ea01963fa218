import { EventEmitter } from 'node:events';
import test from 'ava';
import { type StopStep, stopInOrder } from '../../src/process/stop.js';
import { stopAsked } from '../../src/process/stop-signals.js';
import { createTestLog } from '../helpers/broker.js';

const never: StopStep[1] = () => new Promise(() => undefined);

test('a step that never ends, or fails, skips no later step, and each step has its own time', async (t) => {
  const log = createTestLog();
  const taken: [string, number][] = [];
  const step = (what: string, work: StopStep[1]): StopStep => [
    what,
    async (withinMs) => {
      taken.push([what, withinMs]);
      await work(withinMs);
    },
  ];
  const well = await stopInOrder(
    [
      step('hangs', never),
      step('hangs too', never),
      step('fails', () => Promise.reject(new Error('refused'))),
      step('ends', async () => undefined),
    ],
    1_000,
    log,
  );
  t.false(well);
  t.deepEqual(
    taken.map(([what]) => what),
    ['hangs', 'hangs too', 'fails', 'ends'],
  );
  for (const [what, withinMs] of taken) t.true(withinMs > 0, what);
  t.deepEqual(
    log.lines.map(({ fields }) => fields.what),
    ['hangs', 'hangs too', 'fails'],
  );
});

test('steps that succeed run one after the other', async (t) => {
  const log = createTestLog();
  const order: string[] = [];
  const step = (what: string): StopStep => [
    what,
    async () => {
      order.push(`${what} begins`);
      await new Promise(setImmediate);
      order.push(`${what} ends`);
    },
  ];
  t.true(await stopInOrder([step('first'), step('second')], 60_000, log));
  t.deepEqual(order, ['first begins', 'first ends', 'second begins', 'second ends']);
  t.deepEqual(log.lines, []);
});

function startSource() {
  const killed: string[] = [];
  let time = 0;
  const source = Object.assign(new EventEmitter(), {
    pid: 1,
    kill: (_pid: number, signal: string) => void killed.push(`${signal}, listeners: ${source.listenerCount(signal)}`),
  });
  return { source, killed, asked: stopAsked(source, () => time), wait: (ms: number) => (time += ms) };
}

test('a signal that is repeated within a second is the same stop, and a later signal ends the process', async (t) => {
  const { source, killed, asked, wait } = startSource();
  source.emit('SIGTERM');
  wait(2);
  source.emit('SIGTERM');
  source.emit('SIGINT');
  t.is(await asked, 'SIGTERM');
  t.deepEqual(killed, []);
  wait(1_000);
  source.emit('SIGINT');
  t.deepEqual(killed, ['SIGINT, listeners: 0'], 'the default action of the signal is back');
});

test('a signal that comes long after the end of the parent process ends the process', async (t) => {
  const { source, killed, asked, wait } = startSource();
  source.emit('disconnect');
  t.is(await asked, 'the parent process is gone');
  wait(1_000);
  source.emit('SIGTERM');
  t.deepEqual(killed, ['SIGTERM, listeners: 0']);
});
