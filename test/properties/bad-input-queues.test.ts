import { type ConsumeMessage, connect, type GetMessage } from 'amqplib';
import anyTest, { type TestFn } from 'ava';
import fc from 'fast-check';
import {
  ORDER_CANCEL_KEY,
  ORDER_CANCEL_QUEUE,
  ORDER_CREATE_DLQ,
  ORDER_CREATE_KEY,
  ORDER_CREATE_QUEUE,
  ORDER_DELAY_EXCHANGE,
  ORDER_EXCHANGE,
} from '../../src/amqp/topology.js';
import { until } from '../../src/cli/story/until.js';
import { count } from '../helpers/database.js';
import { product, type System, startSystem } from '../helpers/system.js';
import { type BadMessage, badCancel, badCreate } from './bad-messages.js';
import { processesOf } from './processes.js';
import { seed } from './replay.js';

/**
 * A thousand bad messages to the running bridge: each is parked unchanged and with a reason, and changes nothing else.
 */

const test = anyTest as TestFn<{ system: System }>;

test.before(async (t) => {
  t.context.system = await startSystem([product('mug', 10), product('lamp', 10)]);
});

test.after.always(async (t) => {
  const { findings } = await t.context.system.audit();
  await t.context.system.close();
  t.deepEqual(findings, [], 'the audit after all of it');
});

const stateOf = async ({ pool, bridgeUrl, shopUrl, observer }: System): Promise<string> =>
  JSON.stringify([
    await Promise.all(['mug', 'lamp'].map(observer.stockOf)),
    await Promise.all(['checkouts', 'orders', 'payments'].map((table) => count(pool, table))),
    await processesOf([bridgeUrl(), shopUrl]),
  ]);

const large = (bytes: number): BadMessage => ({ content: Buffer.alloc(bytes, '['), properties: {} });

for (const [queue, exchange, key, bad] of [
  [ORDER_CREATE_QUEUE, ORDER_EXCHANGE, ORDER_CREATE_KEY, badCreate],
  [ORDER_CANCEL_QUEUE, ORDER_DELAY_EXCHANGE, ORDER_CANCEL_KEY, badCancel],
] as const) {
  test.serial(`a message of ${queue} that cannot be understood is parked with a reason`, async (t) => {
    t.log(`PROPERTY_SEED=${seed}`);
    const { system } = t.context;
    const before = await stateOf(system);
    const messages = [...fc.sample(bad, { seed, numRuns: 500 }), large(5_000_000), large(0)];

    const connection = await connect(system.amqpUrl);
    const channel = await connection.createConfirmChannel();
    const parked: (ConsumeMessage | GetMessage)[] = [];
    await channel.consume(ORDER_CREATE_DLQ, (message) => message && parked.push(message), { noAck: true });
    messages.forEach(({ content, properties }, index) => {
      channel.publish(exchange, key, content, { messageId: `bad-${index}`, ...properties });
    });
    await channel.waitForConfirms();
    const missing = async (): Promise<string[]> => {
      const ids = new Set(parked.map(({ properties: { messageId } }) => String(messageId)));
      const late = messages.flatMap(({ content }, index) => (ids.has(`bad-${index}`) ? [] : [`${index}: ${content}`]));
      return late.slice(0, 5).map((line) => line.slice(0, 500));
    };
    await until('all of them to be parked', missing, (late) => late.length === 0);

    const byId = new Map(parked.map((message) => [String(message.properties.messageId), message]));
    messages.forEach(({ content }, index) => {
      const letter = byId.get(`bad-${index}`);
      const { 'x-reason': reason, 'x-failed-queue': from, 'x-attempts': attempts } = letter?.properties.headers ?? {};
      const which = `seed ${seed}, message ${index}: ${content.subarray(0, 200)}`;
      t.true(letter?.content.equals(content), `${which}: its body is kept`);
      t.true(typeof reason === 'string' && /\w/.test(reason), `${which}: the reason is ${JSON.stringify(reason)}`);
      t.is(from, queue, which);
      t.true(attempts >= 1, `${which}: attempts are ${attempts}`);
    });
    t.is(parked.length, messages.length, 'each is parked once');
    t.is((await channel.checkQueue(queue)).messageCount, 0);
    await connection.close();
    t.is(await stateOf(system), before, 'stock, rows and processes are as they were');
  });
}
