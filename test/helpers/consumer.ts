import type { ConsumeMessage } from 'amqplib';
import type { Broker } from '../../src/amqp/connection.js';
import { type Consumer, type ConsumerOptions, createConsumer } from '../../src/amqp/consumer.js';
import { createPublisher, type Publisher } from '../../src/amqp/publisher.js';
import { ORDER_CREATE_QUEUE, type OrderQueueType } from '../../src/amqp/topology.js';
import { until } from '../../src/cli/story/until.js';
import { unavailable } from '../../src/domain/errors.js';
import { connectUnderTest, createBroker, createTestLog, type TestBroker } from './broker.js';
import { HELPER_LIMIT_MS } from './retried.js';

type Context = Parameters<typeof createBroker>[0];

export interface ConsumerUnderTest {
  readonly server: TestBroker;
  readonly broker: Broker;
  readonly consumer: Consumer;
  readonly publisher: Publisher;
  /** The outcomes that `onOutcome` received, in order. */
  readonly outcomes: string[];
  readonly log: ReturnType<typeof createTestLog>;
}

/** A consumer and its publisher on one connection with the name `under-test`. */
export async function startConsumer(
  t: Context,
  options: Partial<ConsumerOptions> &
    Pick<ConsumerOptions, 'handler'> & { type?: OrderQueueType; via?: (url: string) => string },
): Promise<ConsumerUnderTest> {
  const { type = 'quorum', via, ...given } = options;
  const server = await createBroker(t, type);
  const publisher = createPublisher({ window: 100, confirmTimeoutMs: HELPER_LIMIT_MS });
  const [outcomes, log] = [[] as string[], createTestLog()];
  const consumer = createConsumer({
    queue: ORDER_CREATE_QUEUE,
    prefetch: 10,
    publish: publisher.publish,
    checkPublish: publisher.check,
    log,
    retryDelayMs: 10,
    holdMs: HELPER_LIMIT_MS,
    giveBackMs: 900_000,
    onOutcome: (_queue, outcome) => outcomes.push(outcome),
    ...given,
  });
  const setup = async (connection: Parameters<Consumer['attach']>[0]) => {
    await publisher.attach(connection);
    await consumer.attach(connection);
  };
  const broker = await connectUnderTest(t, via?.(server.url) ?? server.url, setup, type);
  t.teardown(() => consumer.stop(0));
  return { server, broker, consumer, publisher, outcomes, log };
}

/** A handler whose dependency can be away and come back; it stores the messages that it received. */
export function createDependent() {
  const seen: ConsumeMessage[] = [];
  let away = true;
  return {
    seen,
    comeBack: () => {
      away = false;
    },
    handler: async (message: ConsumeMessage) => {
      seen.push(message);
      if (away) throw unavailable('Temporal', new Error('away'));
      return { kind: 'ack' } as const;
    },
  };
}

/** A handler that waits until `open` is called. */
export function createGatedHandler() {
  const seen: ConsumeMessage[] = [];
  const { promise, resolve: open } = Promise.withResolvers<void>();
  return {
    seen,
    open,
    handler: async (message: ConsumeMessage) => {
      seen.push(message);
      await promise;
      return { kind: 'ack' } as const;
    },
  };
}

export const reaches = (what: string, ask: () => number, wanted: number): Promise<number> =>
  until(
    what,
    async () => ask(),
    (now) => now >= wanted,
  );
