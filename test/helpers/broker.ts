import { randomUUID } from 'node:crypto';
import { type ChannelModel, type ConfirmChannel, connect, type GetMessage, type Options } from 'amqplib';
import { type Broker, createBrokerConnection } from '../../src/amqp/connection.js';
import { declareTopology } from '../../src/amqp/declare.js';
import { type OrderQueueType, orderTopology } from '../../src/amqp/topology.js';
import { until } from '../../src/cli/story/until.js';
import type { Checkout } from '../../src/domain/checkout.js';
import type { Log } from '../../src/domain/log.js';
import { connectBroker, retried } from './retried.js';
import { createVhost } from './servers.js';

/** What registers a clean-up; ava's test context is one. */
interface Teardown {
  teardown(cleanUp: () => Promise<void>): void;
}

export interface TestBroker {
  readonly url: string;
  /** A separate connection, which the code under test does not use. */
  readonly connection: ChannelModel;
  readonly channel: ConfirmChannel;
  /** Answers to a request to the management API, for this virtual host. */
  readonly api: (method: string, path: string, body?: object) => Promise<unknown>;
  /** Puts a message into a queue, or to an exchange by its key. */
  readonly send: (to: string | readonly [string, string], content: string, options?: Options.Publish) => Promise<void>;
  /** Waits for the next message of a queue and acks it. */
  readonly take: (queue: string) => Promise<GetMessage>;
  /** Messages that are ready in a queue. */
  readonly ready: (queue: string) => Promise<number>;
  /** Cuts the connections with this name, by the management API. */
  readonly cut: (name: string) => Promise<void>;
}

/** A virtual host for this test: with the topology when `type` is set, else empty. */
export async function createBroker(t: Teardown, type?: OrderQueueType): Promise<TestBroker> {
  const vhost = await createVhost(t);
  const connection = await connectBroker(vhost.url);
  t.teardown(() => connection.close());
  if (type !== undefined) await declareTopology(connection, orderTopology(type));
  const channel = await connection.createConfirmChannel();
  const api = (method: string, path: string, body?: object) => callApi(vhost.url, method, path, body);

  const take = async (queue: string): Promise<GetMessage> =>
    (await until(`a message in ${queue}`, () => channel.get(queue, { noAck: true }), Boolean)) as GetMessage;

  return {
    url: vhost.url,
    connection,
    channel,
    api,
    take,
    async send(to, content, options = {}) {
      const [exchange, key] = typeof to === 'string' ? ['', to] : to;
      channel.publish(exchange, key, Buffer.from(content), { messageId: 'sent-by-test', ...options });
      await channel.waitForConfirms();
    },
    ready: async (queue) => (await channel.checkQueue(queue)).messageCount,
    async cut(name) {
      const cuts = await until(
        `a connection named ${name}`,
        () => namesOf(api, name),
        (names) => names.length > 0,
      );
      for (const connectionName of cuts) await api('DELETE', `/api/connections/${encodeURIComponent(connectionName)}`);
    },
  };
}

/** A connection by a new account with these rights on the test's virtual host. */
export async function createAccount(
  t: Teardown,
  { url, api }: TestBroker,
  rights: { readonly configure: string; readonly write: string; readonly read: string },
): Promise<ChannelModel> {
  const account = new URL(url);
  account.username = `test-${randomUUID()}`;
  await api('PUT', `/api/users/${account.username}`, { password: account.password, tags: '' });
  t.teardown(async () => void (await api('DELETE', `/api/users/${account.username}`)));
  await api('PUT', `/api/permissions/{vhost}/${account.username}`, rights);
  const connection = await connect(account.href);
  t.teardown(() => connection.close());
  return connection;
}

interface ApiConnection {
  readonly name: string;
  readonly client_properties?: { readonly connection_name?: string };
}

async function namesOf(api: TestBroker['api'], name: string): Promise<string[]> {
  const connections = (await api('GET', '/api/vhosts/{vhost}/connections')) as ApiConnection[];
  return connections.filter((one) => one.client_properties?.connection_name === name).map((one) => one.name);
}

async function callApi(vhostUrl: string, method: string, path: string, body?: object): Promise<unknown> {
  const vhost = new URL(vhostUrl).pathname.slice(1);
  const api = new URL(path.replace('{vhost}', vhost), process.env['TEST_RABBITMQ_API_URL']);
  const authorization = `Basic ${Buffer.from(`${api.username}:${api.password}`).toString('base64')}`;
  api.username = '';
  api.password = '';
  const headers = { authorization, 'content-type': 'application/json' };
  const request = () => retried(() => fetch(api, { method, headers, ...(body && { body: JSON.stringify(body) }) }));
  // The management plugin of a busy node may answer 500 to a list that changes while it is made.
  const response = method === 'GET' ? await until(path, request, ({ status }) => status < 500) : await request();
  if (!response.ok && response.status !== 404) throw new Error(`${method} ${path} answered ${response.status}`);
  const text = await response.text();
  return text === '' ? undefined : JSON.parse(text);
}

export interface LogLine {
  readonly level: keyof Log;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A log that stores its lines, for results that only the log shows. */
export function createTestLog(): Log & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: keyof Log): Log[keyof Log] =>
    (...[first, message]) =>
      void lines.push(
        typeof first === 'string'
          ? { level, message: first, fields: {} }
          : { level, message: String(message), fields: { ...first } },
      );
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** The connection of the code under test, with the name `under-test`. */
export async function connectUnderTest(
  t: Teardown,
  url: string,
  setup: (connection: ChannelModel) => Promise<void>,
  type: OrderQueueType = 'quorum',
): Promise<Broker> {
  const broker = createBrokerConnection({
    url,
    name: 'under-test',
    topology: orderTopology(type),
    log: createTestLog(),
    setup,
  });
  t.teardown(() => broker.close());
  await broker.connect();
  return broker;
}

/** A checkout as the outbox stores it. */
export const checkout: Checkout = {
  orderId: '01957a3e-0000-7000-8000-000000000001',
  userId: 7,
  items: [{ sku: 'mug-red', quantity: 2, unitPrice: 1250 }],
  amount: 2500,
  currency: 'EUR',
  createdAt: new Date('2026-03-01T10:00:00Z'),
  expiresAt: new Date('2026-03-01T10:30:00Z'),
  readToken: 'a token',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};
