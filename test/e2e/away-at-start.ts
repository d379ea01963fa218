import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { connect } from 'amqplib';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import type { RowDataPacket } from 'mysql2/promise';
import type { Child } from '../../src/cli/child.js';
import { until } from '../../src/cli/story/until.js';
import { migrationNames } from '../../src/db/migrate.js';
import { setUp } from '../../src/temporal/setup.js';
import { createVhost } from '../helpers/servers.js';
import type { System } from '../helpers/system.js';
import { bareNamespace } from '../helpers/temporal.js';
import { sendWebhook } from '../helpers/webhook.js';
import type { Context } from './away-context.js';

/** Processes that are started or deployed anew while a server is away. */

type Server = keyof Context['gates'];
const processes = ['api', 'bridge', 'worker'] as const;

const test = anyTest as TestFn<Context>;

const reach = (t: ExecutionContext<Context>, server: Server, there: boolean): void => {
  const gate = t.context.gates[server];
  gate.refuse(!there);
  if (!there) gate.cut();
};

/**
 * Stops these processes where they run, and starts them. Resolves when each listens; a process may still wait to
 * connect.
 */
async function restart(t: ExecutionContext<Context>, names: readonly (typeof processes)[number][]): Promise<Child[]> {
  const { system } = t.context;
  await Promise.all(names.map((name) => system.stop(name)));
  return await Promise.all(names.map((name) => system.start(name, { awaited: 'listening' })));
}

async function health({ url }: Pick<Child, 'url'>) {
  const [live, ready] = [await fetch(`${url}/livez`), await fetch(`${url}/readyz`)];
  const { dependencies } = (await ready.json()) as { dependencies: Record<string, { status: string }> };
  const down = Object.keys(dependencies).filter((name) => dependencies[name]?.status === 'down');
  return { live: live.status, ready: ready.status, down };
}

/** Waits until a process answers, is ready or not as expected, and names exactly these dependencies as down. */
const healthIs = (child: Child, ready: 200 | 503, down: readonly Server[]) =>
  until(
    `/readyz of ${child.name} to answer ${ready} with ${down.join(' and ') || 'nothing'} down`,
    () => health(child),
    (now) => isDeepStrictEqual(now, { live: 200, ready, down }),
  );

const whole = (child: Child) => healthIs(child, 200, []);

async function unpublished({ pool }: System): Promise<number> {
  const [rows] = await pool.query<RowDataPacket[]>('SELECT 1 FROM checkouts WHERE published_at IS NULL');
  return rows.length;
}

const LATEST = migrationNames.at(-1);

/** Removes the record of the latest migration, so that for the processes this migration has not run. */
const forgetMigration = ({ pool }: System) => pool.query('DELETE FROM schema_migrations WHERE name = ?', [LATEST]);

async function reasonAt({ url }: Pick<Child, 'url'>, dependency: Server): Promise<string | undefined> {
  const { dependencies } = (await (await fetch(`${url}/readyz`)).json()) as {
    dependencies: Record<string, { reason?: string }>;
  };
  return dependencies[dependency]?.reason;
}

const buy = ({ customers }: System) => customers.buy(1, [{ sku: 'mug', quantity: 1 }]);

/** The requests to an API whose database is away. */
async function askedOf({ shopUrl }: System): Promise<(readonly [number, string | null])[]> {
  const data = { paymentId: `pay_${randomUUID()}`, orderId: randomUUID(), amount: 1, currency: 'EUR' };
  const answers = await Promise.all([
    fetch(`${shopUrl}/checkout`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
      body: JSON.stringify({ userId: 1, items: [{ sku: 'mug', quantity: 1 }] }),
    }),
    fetch(`${shopUrl}/orders/${data.orderId}`, { headers: { authorization: 'Bearer a-token' } }),
    sendWebhook(shopUrl, { type: 'payment.succeeded', data }),
  ]);
  return answers.map(({ status, headers }) => [status, headers.get('retry-after')] as const);
}

test.serial('an API that starts while RabbitMQ is away answers 201, and the order is published later', async (t) => {
  const { system } = t.context;
  reach(t, 'rabbitmq', false);
  const [api, bridge] = (await restart(t, ['api', 'bridge'])) as [Child, Child];
  await healthIs(api, 200, ['rabbitmq']);
  const { status, body: order } = await buy(system);
  t.is(status, 201);
  t.is((await system.customers.look(order)).status, 'placed');
  await system.customers.pay(order);
  // The payment alone ends the order: the message still waits.
  await system.observer.ended(order.orderId, { status: 'paid', movement: 'sold' });
  t.is(await unpublished(system), 1);
  await healthIs(bridge, 503, ['rabbitmq']);

  reach(t, 'rabbitmq', true);
  await Promise.all([api, bridge].map(whole));
  await until(
    'the outbox to be empty',
    () => unpublished(system),
    (rows) => rows === 0,
  );
});

test.serial('processes that start while MySQL is away answer 503, and work when MySQL is back', async (t) => {
  const { system } = t.context;
  reach(t, 'mysql', false);
  const started = await restart(t, processes);
  for (const child of started) {
    const { live, ready, down } = await health(child);
    t.deepEqual([live, ready, down.includes('mysql')], [200, 503, true], child.name);
  }
  for (const [status, retryAfter] of await askedOf(system)) {
    t.is(status, 503);
    t.truthy(retryAfter);
  }
  await until(
    'each to say what it waits for',
    async () => system.logs().split('the database does not answer yet').length,
    (count) => count > processes.length,
  );

  reach(t, 'mysql', true);
  await Promise.all(started.map(whole));
  const { body: order } = await buy(system);
  await system.customers.pay(order);
  await system.observer.ended(order.orderId, { status: 'paid', movement: 'sold' });
});

test.serial(
  'processes whose schema lacks a migration name the migration at /readyz, answer 503, and work after the migration',
  async (t) => {
    const { system } = t.context;
    await forgetMigration(system);
    const started = await restart(t, processes);
    for (const child of started) {
      const reason = await until(
        `${child.name} to name the migration`,
        () => reasonAt(child, 'mysql'),
        (text) => text?.startsWith('the database is not set up') === true,
      );
      t.is(
        reason,
        `the database is not set up: its schema lacks ${LATEST}. To mend it: orders migrate, with the account that owns the schema`,
      );
    }
    const asked = await askedOf(system);
    t.deepEqual(
      asked.map(([status]) => status),
      [503, 503, 503],
    );
    await system.migrate();
    await Promise.all(started.map(whole));
    t.is((await buy(system)).status, 201);
  },
);

test.serial('a worker that starts while Temporal is away polls when Temporal is back', async (t) => {
  const { system } = t.context;
  reach(t, 'temporal', false);
  const [worker] = (await restart(t, ['worker'])) as [Child];
  await until(
    'the worker to log what it waits for',
    async () => system.logs().includes('Temporal does not answer yet'),
    Boolean,
  );
  await healthIs(worker, 503, ['temporal']);

  reach(t, 'temporal', true);
  await whole(worker);
  const { body: order } = await buy(system);
  await system.customers.pay(order);
  await t.notThrowsAsync(system.observer.ended(order.orderId, { status: 'paid', movement: 'sold' }));
});

test.serial('/readyz names missing search attributes of Temporal, and no message loses an attempt', async (t) => {
  const { system } = t.context;
  const { namespace, client } = await bareNamespace(t, 48);
  await Promise.all(processes.map((name) => system.stop(name)));
  const env = { TEMPORAL_NAMESPACE: namespace };
  const started = await Promise.all(processes.map((name) => system.start(name, { awaited: 'listening', env })));
  for (const child of started) {
    const reason = await until(
      `${child.name} to name the search attributes`,
      () => reasonAt(child, 'temporal'),
      (text) => text?.includes('OrderStatus') === true,
    );
    t.regex(reason ?? '', /no search attribute OrderStatus.*orders temporal setup/);
  }
  // The API starts without Temporal, and has checked its database by then.
  await healthIs(started[0] as Child, 200, ['temporal']);
  const { status, body: order } = await buy(system);
  t.is(status, 201);
  await setUp(client, () => undefined);
  await Promise.all(started.map(whole));
  await system.customers.pay(order);
  await until(
    'the order to be paid',
    () => system.customers.look(order),
    (seen) => seen.status === 'paid',
  );
  t.notRegex(system.logs(), /moved to the dead-letter queue|failed, will be tried again/);
});

for (const away of ['mysql', 'rabbitmq', 'temporal'] as const) {
  test.serial(`processes that receive SIGTERM while they wait for ${away} exit with 0`, async (t) => {
    reach(t, away, false);
    const started = await restart(t, processes);
    await Promise.all(started.map((child) => child.stop()));
    t.deepEqual(
      await Promise.all(started.map((child) => child.ended)),
      processes.map((name) => `${name} ended (0)`),
    );
  });
}

test.serial('processes that receive SIGTERM while their schema lacks a migration exit with 0', async (t) => {
  const { system } = t.context;
  await forgetMigration(system);
  const started = await restart(t, processes);
  await Promise.all(started.map((child) => child.stop()));
  t.deepEqual(
    await Promise.all(started.map((child) => child.ended)),
    processes.map((name) => `${name} ended (0)`),
  );
});

test.serial(
  'a queue with other arguments stops no checkout, and /readyz names the queue until a person mends the queue',
  async (t) => {
    const { system } = t.context;
    const vhost = await createVhost(t);
    const connection = await connect(vhost.url);
    const channel = await connection.createChannel();
    await channel.assertQueue('order_delay_queue', { arguments: { 'x-message-ttl': 60_000 } });
    await system.stop('api');
    const api = await system.start('api', { awaited: 'listening', env: { AMQP_URL: vhost.url } });
    const reason = await until(
      'the API to name the queue',
      () => reasonAt(api, 'rabbitmq'),
      (text) => text?.includes('order_delay_queue') === true,
    );
    t.regex(reason ?? '', /order_delay_queue .*x-message-ttl: here '1800000', in the broker '60000'/);
    await healthIs(api, 200, ['rabbitmq']);
    t.is((await buy(system)).status, 201);
    await channel.deleteQueue('order_delay_queue');
    await whole(api);
    await connection.close();
    for (const child of await restart(t, processes)) await whole(child);
  },
);
