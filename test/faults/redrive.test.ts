import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { connect } from 'amqplib';
import test from 'ava';
import { createConsumer } from '../../src/amqp/consumer.js';
import { encodeCreateMessage } from '../../src/amqp/messages.js';
import { createOrderCreateHandler } from '../../src/amqp/order-create.js';
import { createPublisher } from '../../src/amqp/publisher.js';
import { ORDER_CREATE_DLQ, ORDER_CREATE_QUEUE } from '../../src/amqp/topology.js';
import { until } from '../../src/cli/story/until.js';
import { mainFile, orders, ordersEnv } from '../cli/orders.js';
import { createBroker, createTestLog, type TestBroker } from '../helpers/broker.js';
import { HELPER_LIMIT_MS } from '../helpers/retried.js';
import { createOrder, startClient } from '../helpers/temporal.js';

/** An operator's redrive that dies in the middle, again and again, while the bridge's consumer works. */

const LETTERS = 300;
const KILLS = 4;
const CONFIRMED_BEFORE_KILL = 40;

async function parkOrders(broker: TestBroker): Promise<string[]> {
  const all = Array.from({ length: LETTERS }, createOrder);
  for (const order of all) {
    const content = encodeCreateMessage({ ...order, readToken: '', traceparent: '' });
    const headers = { 'x-failed-queue': ORDER_CREATE_QUEUE, 'x-attempts': 3, 'x-reason': 'failed before' };
    broker.channel.sendToQueue(ORDER_CREATE_DLQ, content, { messageId: order.orderId, persistent: true, headers });
  }
  await broker.channel.waitForConfirms();
  return all.map(({ orderId }) => orderId);
}

/** The bridge's own consumer and handler, before a real Temporal that no worker polls. */
async function consume(t: Parameters<typeof createBroker>[0], { url }: TestBroker) {
  const { workflows } = startClient(t);
  const [handled, started] = [[] as string[], [] as string[]];
  const connection = await connect(url);
  const publisher = createPublisher({ window: 10, confirmTimeoutMs: HELPER_LIMIT_MS });
  await publisher.attach(connection);
  const consumer = createConsumer({
    queue: ORDER_CREATE_QUEUE,
    prefetch: 10,
    handler: createOrderCreateHandler({
      isKnown: async () => true,
      startOrder: async ({ order_id: orderId, user_id: userId, amount, currency, expires_at: expiresAt }) => {
        const answer = await workflows.startOrder({ orderId, userId: userId ?? null, amount, currency, expiresAt });
        handled.push(orderId);
        if (answer === 'started') started.push(orderId);
        return answer;
      },
    }),
    publish: publisher.publish,
    log: createTestLog(),
    retryDelayMs: 1,
    holdMs: HELPER_LIMIT_MS,
    giveBackMs: 900_000,
    checkPublish: publisher.check,
  });
  await consumer.attach(connection);
  t.teardown(async () => {
    await consumer.stop(1_000);
    await connection.close();
  });
  return { handled, started };
}

/** @returns how it ended: by the signal, when it was still at work */
async function killInTheMiddle(url: string): Promise<NodeJS.Signals | null> {
  const child = spawn(process.execPath, [mainFile, 'dlq', 'redrive', '--all'], {
    env: ordersEnv({ AMQP_URL: url }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  let confirmed = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('redriven ') && ++confirmed === CONFIRMED_BEFORE_KILL) child.kill('SIGKILL');
  }
  return (await ended)[1];
}

test('a redrive that is killed again and again loses no dead letter and starts each order once', async (t) => {
  const broker = await createBroker(t, 'quorum');
  const parked = await parkOrders(broker);
  const { handled, started } = await consume(t, broker);
  for (let kill = 0; kill < KILLS; kill++) {
    await until(
      'letters for another redrive',
      () => broker.ready(ORDER_CREATE_DLQ),
      (left) => left > CONFIRMED_BEFORE_KILL,
    );
    t.is(await killInTheMiddle(broker.url), 'SIGKILL');
  }
  // The broker requeues the letters of the killed commands when it has noticed the end of their connections.
  const last = await until(
    'a redrive that leaves nothing',
    () => orders(['dlq', 'redrive', '--all'], { AMQP_URL: broker.url }),
    ({ out }) => out === '0 redriven.\n',
  );
  t.is(last.code, 0);
  await until(
    'every letter to be handled',
    async () => new Set(handled).size,
    (ids) => ids === LETTERS,
  );
  await until(
    'the queue to be empty',
    () => broker.ready(ORDER_CREATE_QUEUE),
    (left) => left === 0,
  );
  t.is(await broker.ready(ORDER_CREATE_DLQ), 0);
  t.deepEqual(started.toSorted(), parked.toSorted(), 'each order was started exactly once');
  t.log(`${handled.length} deliveries for ${LETTERS} letters`);
});
