import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { Pool } from 'mysql2/promise';
import { ORDER_CREATE_QUEUE } from '../../src/amqp/topology.js';
import { type AuditReport, audit } from '../../src/cli/audit.js';
import { type Child, type ProcessName, startChild } from '../../src/cli/child.js';
import { type Customers, createCustomers } from '../../src/cli/story/customer.js';
import { createObserver, type Observer } from '../../src/cli/story/observer.js';
import { topologyCommand } from '../../src/cli/topology.js';
import { createPool } from '../../src/db/driver/pool.js';
import { migrate } from '../../src/db/migrate.js';
import { addProducts, type NewProduct } from '../../src/db/products.js';
import { rowsUrl } from '../../src/stack/mysql-account.js';
import { createClient } from '../../src/temporal/client.js';
import { longLimits } from './retried.js';
import {
  createAccountWithoutConfigure,
  createDatabase,
  createVhost,
  type Disposable,
  taskQueue,
  temporal,
} from './servers.js';

export const webhookSecret = `whsec_${Buffer.from('development-only, and signs the tests').toString('base64')}`;

export const adminToken = 'a-token-for-the-operators-of-the-tests';

export const checkoutToken = 'a-token-for-the-backend-of-the-tests';

export const providerToken = 'a-token-for-the-refunds-of-the-tests';

export interface Servers {
  readonly mysqlUrl: string;
  readonly amqpUrl: string;
  readonly temporalAddress: string;
}

const notOwned = (url: string): Disposable => ({ url, drop: async () => undefined });

/** `second-bridge` runs only in the tests that start it. */
export type StartableProcess = 'api' | 'bridge' | 'second-bridge' | 'worker';

/** The whole system, each process on its own, on a database, a virtual host and a task queue for this test only. */
export interface System {
  readonly shopUrl: string;
  /** The operators' listener of the same API. */
  readonly adminUrl: string;
  /** A second API with the payment window `options.shortWindow`, for orders that end by their timer. */
  readonly shortWindowUrl: string;
  readonly providerUrl: string;
  /** The bridge's current URL: it changes when the bridge is started again. */
  readonly bridgeUrl: () => string;
  readonly amqpUrl: string;
  /** Of the schema's owner, for commands. */
  readonly mysqlUrl: string;
  readonly pool: Pool;
  readonly temporal: Client;
  readonly taskQueue: string;
  readonly customers: Customers;
  readonly shortWindowCustomers: Customers;
  readonly observer: Observer;
  readonly stop: (name: StartableProcess) => Promise<void>;
  readonly kill: (name: StartableProcess, signal?: NodeJS.Signals) => Promise<string | undefined>;
  /** Starts a stopped process again at the same address, with other variables if given. */
  readonly start: (
    name: StartableProcess,
    options?: { readonly awaited?: 'listening' | 'ready'; readonly env?: NodeJS.ProcessEnv },
  ) => Promise<Child>;
  /** @param since compares the workflows that closed after this moment as well */
  readonly audit: (since?: Date) => Promise<AuditReport>;
  /** Brings the schema up to date, with its owner's account. */
  readonly migrate: () => Promise<unknown>;
  /** The current URLs of all processes, with the operators' listener. */
  readonly urls: () => string[];
  /** All that the processes have written so far. */
  readonly logs: () => string;
  /** The process id of each running process, by the name of the process. */
  readonly pids: () => Readonly<Record<string, number>>;
  readonly close: () => Promise<void>;
}

/**
 * @param settings more variables for every process, such as the address of a gate in front of a server
 * @param options.servers addresses of servers that the test starts or breaks itself; they are not removed at the end
 * @param options.shortWindow starts a second API with this payment window; the first has the default
 */
export async function startSystem(
  products: readonly NewProduct[],
  settings: NodeJS.ProcessEnv = {},
  options: { readonly servers?: Servers; readonly shortWindow?: string } = {},
): Promise<System> {
  const logs = mkdtempSync(join(tmpdir(), 'orders-e2e-'));
  const { servers, shortWindow } = options;
  const database = servers ? notOwned(servers.mysqlUrl) : await createDatabase();
  const vhost = servers ? notOwned(servers.amqpUrl) : await createVhost();
  const temporalAddress = servers?.temporalAddress ?? temporal.address;
  const queue = taskQueue();
  const orderQueue = settings['ORDER_QUEUE'] ?? ORDER_CREATE_QUEUE;
  const pool = createPool({ url: database.url, size: 5, ...longLimits });
  await migrate(pool);
  await addProducts(pool, products);
  const client = createClient({ address: temporalAddress, namespace: temporal.namespace });
  const own = servers || settings['AMQP_URL'];
  const account = own ? notOwned(vhost.url) : await createAccountWithoutConfigure(vhost.url);
  if (!own) await topologyCommand({ ...settings, AMQP_URL: vhost.url }, { check: false, say: () => undefined });

  const env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    NODE_ENV: 'test',
    PORT: '0',
    HEALTH_PORT: '0',
    // The processes' accounts may read and write, and not change the schema or the topology. A test's own server has its
    // own account.
    MYSQL_URL: servers ? servers.mysqlUrl : rowsUrl(database.url),
    AMQP_URL: account.url,
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_NAMESPACE: temporal.namespace,
    TEMPORAL_TASK_QUEUE: queue,
    PAYMENT_WEBHOOK_SECRET: webhookSecret,
    ADMIN_TOKEN: adminToken,
    CHECKOUT_TOKEN: checkoutToken,
    CHECKOUT_OPEN: 'true',
    PAYMENT_PROVIDER_TOKEN: providerToken,
    LOG_LEVEL: 'debug',
    // Tests send more requests than people do; tests about the limit set their own limit.
    RATE_LIMIT: '0',
    PAYMENT_WINDOWS: 'card=30 minutes, transfer=7 days',
    ...settings,
  };
  const running = new Map<string, Child>();
  const run = async (
    name: string,
    processName: ProcessName,
    more: NodeJS.ProcessEnv = {},
    awaited: 'listening' | 'ready' = 'ready',
  ): Promise<Child> => {
    const logFile = join(logs, `${name}.log`);
    const child = await startChild(processName, { name, env: { ...env, ...more }, logFile, awaited, execArgv: [] });
    running.set(name, child);
    return child;
  };

  const provider = await run('provider', 'provider-simulator', {
    SIMULATOR_WEBHOOK_URL: 'http://127.0.0.1:9/',
    SIMULATOR_WEBHOOK_SECRET: webhookSecret,
  });
  const provided = { PAYMENT_PROVIDER_URL: provider.url };
  const [api, shortWindowApi, bridge] = await Promise.all([
    run('api', 'api', provided),
    shortWindow === undefined ? undefined : run('short-window', 'api', { PAYMENT_WINDOW: shortWindow, ...provided }),
    run('bridge', 'bridge', provided),
    run('worker', 'worker', provided),
  ]);
  await fetch(`${provider.url}/settings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ webhookUrl: `${api.url}/webhooks/payment` }),
  });
  const port = new URL(api.url).port;
  const bridgeUrl = () => (running.get('bridge') ?? bridge).url;

  return {
    shopUrl: api.url,
    adminUrl: api.adminUrl ?? '',
    shortWindowUrl: shortWindowApi?.url ?? '',
    providerUrl: provider.url,
    bridgeUrl,
    amqpUrl: vhost.url,
    mysqlUrl: servers ? servers.mysqlUrl : database.url,
    pool,
    temporal: client,
    taskQueue: queue,
    customers: createCustomers({ shop: api.url, provider: provider.url }),
    shortWindowCustomers: createCustomers({ shop: shortWindowApi?.url ?? '', provider: provider.url }),
    observer: createObserver({
      pool,
      temporal: client,
      amqpUrl: vhost.url,
      bridgeUrl,
    }),
    stop: async (name) => running.get(name)?.stop(),
    async kill(name, signal = 'SIGKILL') {
      const child = running.get(name);
      if (child?.isRunning()) process.kill(child.pid, signal);
      return await child?.ended;
    },
    start: (name, { awaited, env: more } = {}) =>
      run(
        name,
        name === 'second-bridge' ? 'bridge' : name,
        { ...(name === 'api' && { PORT: port }), ...provided, ...more },
        awaited,
      ),
    migrate: () => migrate(pool),
    audit: (since) => audit({ pool, temporal: client, amqpUrl: vhost.url, orderQueue, taskQueue: queue, since }),
    urls: () => [...running.values()].flatMap(({ url, adminUrl = [] }) => [url].concat(adminUrl)),
    logs: () =>
      readdirSync(logs)
        .map((file) => readFileSync(join(logs, file), 'utf8'))
        .join(''),
    pids: () =>
      Object.fromEntries([...running].flatMap(([name, child]) => (child.isRunning() ? [[name, child.pid]] : []))),
    async close() {
      await Promise.all([...running.values()].map((child) => child.stop()));
      await client.connection.close();
      await pool.end();
      await database.drop();
      await account.drop();
      await vhost.drop();
      rmSync(logs, { recursive: true, force: true });
    },
  };
}

export const product = (sku: string, stock: number): NewProduct => ({
  sku,
  name: sku,
  unitPrice: 1250,
  currency: 'EUR',
  stock,
});
