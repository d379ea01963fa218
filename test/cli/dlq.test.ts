import test from 'ava';
import { ORDER_CANCEL_QUEUE, ORDER_CREATE_DLQ, ORDER_CREATE_QUEUE } from '../../src/amqp/topology.js';
import { until } from '../../src/cli/story/until.js';
import { createBroker } from '../helpers/broker.js';
import { freePort } from '../helpers/free-port.js';
import { orders } from './orders.js';

/** `orders dlq …` as an operator runs it. */

async function withDeadLetters(t: Parameters<typeof createBroker>[0], ...ids: readonly string[]) {
  const broker = await createBroker(t, 'quorum');
  const park = async (messageId: string, queue = ORDER_CREATE_QUEUE, attempts = 3) =>
    await broker.send(ORDER_CREATE_DLQ, `body of ${messageId}`, {
      messageId,
      headers: { 'x-failed-queue': queue, 'x-reason': `reason of ${messageId}`, 'x-attempts': attempts },
    });
  for (const id of ids) await park(id);
  const untilReady = (queue: string, count: number) =>
    until(
      `${count} messages in ${queue}`,
      () => broker.ready(queue),
      (found) => found === count,
    );
  return { broker, park, untilReady, dlq: (...args: string[]) => orders(['dlq', ...args], { AMQP_URL: broker.url }) };
}

test('dlq list prints each dead letter with its queue, attempts and reason, and leaves it in the queue', async (t) => {
  const { dlq, untilReady } = await withDeadLetters(t, 'a', 'b');
  const { code, out } = await dlq('list');
  t.is(code, 0);
  t.regex(out, /^a {2}order_create_queue, 3 attempts.*\n {4}reason of a\nb .*\n {4}reason of b\n2 dead letters/);
  await untilReady(ORDER_CREATE_DLQ, 2);
  const listed = JSON.parse((await dlq('list', '--json')).out) as { id: string; body: string }[];
  t.deepEqual(
    listed.map(({ id, body }) => [id, body]),
    [
      ['a', 'body of a'],
      ['b', 'body of b'],
    ],
  );
});

test('dlq list says that the queue is empty, and uses the singular for one dead letter', async (t) => {
  const { dlq, park } = await withDeadLetters(t);
  t.deepEqual(await dlq('list'), { code: 0, out: 'The dead-letter queue is empty.\n', err: '' });
  await park('a', ORDER_CREATE_QUEUE, 1);
  const { out } = await dlq('list');
  t.regex(out, /^a {2}order_create_queue, 1 attempt, .*\n.*\n1 dead letter\. /);
});

test('a dead letter is found by its id in capitals, and its id may be stored in capitals', async (t) => {
  const id = '01957a3e-abcd-7000-8000-00000000abcd';
  const { dlq, untilReady } = await withDeadLetters(t, id.toUpperCase());
  for (const spelled of [id, id.toUpperCase()]) t.is((await dlq('show', spelled)).code, 0, spelled);
  t.deepEqual(await dlq('redrive', id.toUpperCase()), {
    code: 0,
    out: `redriven ${id} (order_create_queue)\n1 redriven.\n`,
    err: '',
  });
  await untilReady(ORDER_CREATE_QUEUE, 1);
});

test('dlq show prints one dead letter completely, and exits 1 for an unknown id', async (t) => {
  const { dlq, untilReady } = await withDeadLetters(t, 'a');
  const { code, out } = await dlq('show', 'a');
  t.is(code, 0);
  t.regex(out, /attempts: +3\n/);
  t.regex(out, /reason: +reason of a\n/);
  t.true(out.endsWith('\nbody of a\n'));
  await untilReady(ORDER_CREATE_DLQ, 1);
  const missing = await dlq('show', 'x');
  t.is(missing.code, 1);
  t.regex(missing.out, /There is no dead letter x/);
});

test('dlq redrive sends the named dead letters, exits 1 for an unknown id, and --all sends the rest', async (t) => {
  const { dlq, untilReady } = await withDeadLetters(t, 'a', 'b', 'c');
  const one = await dlq('redrive', 'b', 'x');
  t.is(one.code, 1);
  t.is(one.out, 'redriven b (order_create_queue)\nThere is no dead letter x.\n1 redriven.\n');
  await untilReady(ORDER_CREATE_QUEUE, 1);
  await untilReady(ORDER_CREATE_DLQ, 2);
  const rest = await dlq('redrive', '--all');
  t.is(rest.code, 0);
  t.is(rest.out, 'redriven a (order_create_queue)\nredriven c (order_create_queue)\n2 redriven.\n');
  await untilReady(ORDER_CREATE_QUEUE, 3);
  await untilReady(ORDER_CREATE_DLQ, 0);
});

test('dlq redrive without an id and without --all moves nothing', async (t) => {
  const { dlq, untilReady } = await withDeadLetters(t, 'a');
  const { code, err } = await dlq('redrive');
  t.is(code, 1);
  t.is(err, 'Name the dead letters to redrive, or say --all.\n');
  await untilReady(ORDER_CREATE_DLQ, 1);
});

test('a redrive that fails half-way has printed the sent dead letters, and ends with what to do', async (t) => {
  const { broker, dlq, park, untilReady } = await withDeadLetters(t, 'a');
  await park('b', ORDER_CANCEL_QUEUE);
  await broker.channel.deleteQueue(ORDER_CANCEL_QUEUE);
  const { code, out, err } = await dlq('redrive', '--all');
  t.is(code, 1);
  t.is(out, 'redriven a (order_create_queue)\n');
  t.is(err, 'no queue takes order_cancel_queue from the default exchange; `orders topology` declares the queues\n');
  await untilReady(ORDER_CREATE_QUEUE, 1);
  await untilReady(ORDER_CREATE_DLQ, 1);
});

test('dlq discard removes the named dead letter, and exits 1 for an unknown id', async (t) => {
  const { dlq, untilReady } = await withDeadLetters(t, 'a', 'b');
  const gone = await dlq('discard', 'a');
  t.deepEqual([gone.code, gone.out], [0, 'discarded a (order_create_queue)\n1 discarded.\n']);
  await untilReady(ORDER_CREATE_DLQ, 1);
  t.is((await dlq('discard', 'a')).code, 1);
  await untilReady(ORDER_CREATE_DLQ, 1);
});

test('dlq without the queue names the command that declares the queue', async (t) => {
  const { url } = await createBroker(t);
  const { code, err } = await orders(['dlq', 'list'], { AMQP_URL: url });
  t.deepEqual([code, err], [1, 'queue order_create_dlq is missing; `orders topology` declares it\n']);
});

for (const [what, args] of [
  ['dlq list', ['dlq', 'list']],
  ['dlq redrive', ['dlq', 'redrive', '--all']],
  ['topology', ['topology']],
  ['topology --check', ['topology', '--check']],
] as const) {
  test(`${what} with RabbitMQ away says in one line what is not reachable, where, and what to do`, async (t) => {
    const port = await freePort();
    const { code, out, err } = await orders(args, { AMQP_URL: `amqp://somebody:secret@127.0.0.1:${port}/` });
    t.deepEqual([code, out], [1, '']);
    t.regex(
      err,
      new RegExp(`^RabbitMQ is not reachable at 127\\.0\\.0\\.1:${port}: .*ECONNREFUSED.* orders doctor\\n$`),
    );
    t.false(err.includes('secret'));
  });
}
