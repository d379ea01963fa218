import { once } from 'node:events';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { CommandError } from '../../src/cli/command-error.js';
import { processEnvironmentOn } from '../../src/cli/environment.js';
import { planStart, type StartPlan } from '../../src/cli/start-plan.js';
import { until } from '../../src/cli/story/until.js';
import { Unreachable } from '../../src/cli/unreachable.js';
import { ConfigError } from '../../src/config/config.js';
import { createBroker } from '../helpers/broker.js';
import { shopDatabase } from '../helpers/database.js';
import { freePort } from '../helpers/free-port.js';
import { createDatabase, temporal } from '../helpers/servers.js';
import { createOrder, inputOf, startClient } from '../helpers/temporal.js';

/** What `npm start` decides before it starts anything. */

const emptyFolder = (): string => join(mkdtempSync(join(tmpdir(), 'orders-plan-')), 'data');
const plan = (env: NodeJS.ProcessEnv, story?: boolean, exit = false): Promise<StartPlan> =>
  planStart({ ORDERS_DATA_DIR: emptyFolder(), PORT: '0', ...env }, { story, exit });

const real = {
  AMQP_URL: 'amqp://a:b@mq/',
  TEMPORAL_ADDRESS: 'temporal:7233',
  PAYMENT_PROVIDER_URL: 'https://pay.example.com',
  PAYMENT_PROVIDER_TOKEN: 'a-token-of-the-provider',
  PAYMENT_WEBHOOK_SECRET: 'whsec_c2VjcmV0',
};

test('a start without addresses has its own shop, the simulator and the story; --no-story leaves out the story', async (t) => {
  t.like(await plan({}), { ours: true, simulator: true, story: true, messages: [] });
  t.like(await plan({}, false), { ours: true, simulator: true, story: false });
});

test('npm start refuses NODE_ENV=production, names the command of each process and creates nothing', async (t) => {
  const ORDERS_DATA_DIR = emptyFolder();
  for (const wish of [undefined, true, false]) {
    const error = await t.throwsAsync(plan({ ...real, NODE_ENV: 'production', ORDERS_DATA_DIR }, wish), {
      instanceOf: CommandError,
    });
    for (const command of [
      'dist/src/api.js',
      'dist/src/bridge.js',
      'dist/src/worker.js',
      'orders migrate',
      'orders topology',
    ]) {
      t.true(error.message.includes(command), command);
    }
  }
  t.false(existsSync(ORDERS_DATA_DIR));
});

test('every wrong variable of every process, and the folder, are named in one message', async (t) => {
  const file = join(mkdtempSync(join(tmpdir(), 'orders-plan-')), 'file');
  writeFileSync(file, '');
  const wrong = {
    NODE_ENV: 'prod',
    PORT: '70000',
    PAYMENT_WINDOW: '30',
    RECONCILE_AFTER: '15',
    BRIDGE_PREFETCH: '0',
    MYSQL_URL: 'postgres://h/',
    AMQP_URL: 'h:5672',
    STRIPE_SECRET_KEY: 'sk_test_1',
    PAYMENT_WEBHOOK_SECRET: 'whsec_abc',
    PAYMENT_PROVIDER_URL: 'https://user:word@h/',
    TEMPORAL_ADDRESS: 'temporal',
    TEMPORAL_TLS: 'yes',
    ADMIN_TOKEN: 'short',
    CHECKOUT_TOKEN: 'short',
    CHECKOUT_OPEN: 'yes',
    ORDERS_DATA_DIR: file,
  };
  const { message } = await t.throwsAsync(plan(wrong), { instanceOf: ConfigError });
  const names = message.split('\n').map((line) => /^([A-Z_]+) .* Example: \1=/.exec(line)?.[1]);
  const { STRIPE_SECRET_KEY: _, ...reported } = wrong;
  t.deepEqual(names.toSorted(), [...Object.keys(reported), 'STRIPE_WEBHOOK_SECRET'].toSorted());
});

test('a chosen port that is taken, and a host of another machine, are reported before anything starts', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.teardown(() => void server.close());
  await once(server, 'listening');
  const taken = String((server.address() as AddressInfo).port);
  for (const name of ['PORT', 'ADMIN_PORT']) {
    await t.throwsAsync(plan({ [name]: taken }), {
      instanceOf: ConfigError,
      message: new RegExp(
        `^${name} cannot be had: .*:${taken}: another program has this port \\(EADDRINUSE\\)\\. Example: `,
      ),
    });
  }
  for (const name of ['HOST', 'ADMIN_HOST']) {
    await t.throwsAsync(plan({ [name]: '203.0.113.1', PORT: String(await freePort()) }), {
      instanceOf: ConfigError,
      message: new RegExp(`^${name} cannot be had: .* this machine has no such address \\(.*\\)\\. Example: ${name}=`),
    });
  }
});

test('the payment simulator is not started beside a provider in the environment, and a note names the reason', async (t) => {
  const PAYMENT_PROVIDER_URL = 'https://pay.example.com';
  const without = await plan({ PAYMENT_PROVIDER_URL });
  t.like(without, { simulator: false, story: false, ours: true });
  t.regex(
    without.messages.join(),
    /sets PAYMENT_PROVIDER_URL, so that the payment simulator is not started\. The story/,
  );
  const { PAYMENT_WEBHOOK_SECRET } = real;
  t.like(await plan({ PAYMENT_PROVIDER_URL, PAYMENT_WEBHOOK_SECRET }), { simulator: false, story: false });
  for (const [story, exit] of [
    [true, false],
    [undefined, true],
  ] as const) {
    const error = await t.throwsAsync(plan({ PAYMENT_PROVIDER_URL }, story, exit), { instanceOf: CommandError });
    t.regex(error.message, /^There is no story to play: /);
  }
  const { message } = await t.throwsAsync(plan({ PAYMENT_WEBHOOK_SECRET }), { instanceOf: ConfigError });
  t.regex(message, /^PAYMENT_PROVIDER_URL is missing\. .*\n\(PAYMENT_WEBHOOK_SECRET is set, so that .* no payment sim/);
});

test('an empty database of the environment counts as our own', async (t) => {
  const { url } = await createDatabase(t);
  t.like(await plan({ MYSQL_URL: url }), { ours: true, story: true });
});

test('the story is played in a database that holds a shop only with --story', async (t) => {
  const { url: MYSQL_URL } = await shopDatabase(t);
  const { message } = await t.throwsAsync(plan({ MYSQL_URL }), { instanceOf: CommandError });
  t.regex(
    message,
    /^MYSQL_URL names a database that holds a shop of 1 SKUs and 0 checkouts already \(.*\/test_\w+\)\. /,
  );
  t.regex(message, /\n {2}npm start -- --story .*\n(.*\n)* {2}npm start -- --no-story /);
  t.false(message.includes(new URL(MYSQL_URL).password));
  t.like(await plan({ MYSQL_URL }, true), { ours: true, simulator: true, story: true });
});

test('a shop of others is served only with its own servers, provider and secret, and is not changed', async (t) => {
  const { url: MYSQL_URL, pool } = await shopDatabase(t);
  const { message } = await t.throwsAsync(plan({ MYSQL_URL }, false), { instanceOf: CommandError });
  t.regex(
    message,
    /, and AMQP_URL, TEMPORAL_ADDRESS, PAYMENT_PROVIDER_URL, PAYMENT_PROVIDER_TOKEN, PAYMENT_WEBHOOK_SECRET missing: /,
  );
  t.like(await plan({ MYSQL_URL, ...real }, false), { ours: false, simulator: false, story: false });
  await pool.query('DROP TABLE schema_migrations');
  const other = await t.throwsAsync(plan({ MYSQL_URL }), { instanceOf: CommandError });
  t.regex(other.message, /holds tables of another program already/);
});

test('a broker or a Temporal that another shop uses is refused beside a private or an empty database', async (t) => {
  const [unused, used] = [await createBroker(t), await createBroker(t)];
  await used.channel.assertQueue('order_cancel_queue');
  const { workflows, taskQueue } = startClient(t);
  const at = { TEMPORAL_ADDRESS: temporal.address, TEMPORAL_TASK_QUEUE: taskQueue };
  t.like(await plan({ AMQP_URL: unused.url, ...at }), { ours: true, story: true });

  const { url: MYSQL_URL } = await createDatabase(t);
  for (const env of [{ AMQP_URL: used.url }, { AMQP_URL: used.url, MYSQL_URL, ...at }]) {
    for (const story of [undefined, false]) {
      const { message } = await t.throwsAsync(plan(env, story), { instanceOf: CommandError });
      t.regex(
        message,
        /^AMQP_URL names a broker that has the queue order_cancel_queue already \(127\.0\.0\.1:\d+\)\. /,
      );
      t.false(message.includes(new URL(used.url).password));
    }
    t.like(await plan(env, true), { ours: true, story: true });
  }

  await workflows.startOrder(inputOf(createOrder()));
  const refused = async () => {
    const error = await plan(at).catch((error: unknown) => error);
    return error instanceof CommandError ? error.message : undefined;
  };
  // Temporal counts a workflow some moments after its start.
  const message = await until('the workflow to be counted', refused, (refusal) => refusal !== undefined);
  t.regex(message ?? '', /^TEMPORAL_ADDRESS names a Temporal that has orders or workers already \(task queue test-/);
  t.like(await plan(at, true), { ours: true, story: true });
});

test('a database of the environment that does not answer stops the start', async (t) => {
  const MYSQL_URL = `mysql://a:b@127.0.0.1:${await freePort()}/c`;
  await t.throwsAsync(plan({ MYSQL_URL }), { instanceOf: Unreachable });
});

test('the processes log in with the account for rows on a private MySQL, and with the account of the address on another', (t) => {
  const addresses = {
    mysqlUrl: 'mysql://orders:secret@127.0.0.1:3307/orders',
    amqpUrl: 'amqp://127.0.0.1/',
    temporalAddress: '127.0.0.1:7233',
    temporalNamespace: 'default',
  };
  const loginOf = (set: NodeJS.ProcessEnv): string | undefined => processEnvironmentOn(set, addresses).MYSQL_URL;
  t.is(loginOf({}), 'mysql://orders_rows:secret@127.0.0.1:3307/orders');
  t.is(loginOf({ MYSQL_URL: ' ' }), 'mysql://orders_rows:secret@127.0.0.1:3307/orders');
  t.is(loginOf({ MYSQL_URL: addresses.mysqlUrl }), addresses.mysqlUrl);
});
