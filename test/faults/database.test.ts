import { randomUUID } from 'node:crypto';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { until } from '../../src/cli/story/until.js';
import { type FaultyServer, faultyServer } from '../db/faulty-server.js';
import { connectMysql, HELPER_LIMIT_MS } from '../helpers/retried.js';
import { createVhost, temporal } from '../helpers/servers.js';
import { product, type System, startSystem } from '../helpers/system.js';
import { sendWebhook } from '../helpers/webhook.js';
import { type Attempt, allRecorded } from './buyers.js';
import { type KillableServer, startKillable } from './killable-server.js';
import { deadLetters, paymentOf, readyz, runsAre } from './reads.js';
import { connectAsRoot } from './root.js';

/** The customers' answers while the database fails. The tests start their own server. One failure at a time. */

interface Context {
  system: System;
  mysql: KillableServer;
  server: FaultyServer;
  root: Connection;
  cleanUps: (() => Promise<void>)[];
}

const test = anyTest as TestFn<Context>;

test.before(async (t) => {
  const cleanUps: Context['cleanUps'] = [];
  t.context.cleanUps = cleanUps;
  const hook = { teardown: (cleanUp: () => Promise<void>) => void cleanUps.push(cleanUp) };
  const [vhost, mysql] = [await createVhost(hook), await startKillable('mysql')];
  cleanUps.push(mysql.close);
  const { mysqlUrl } = mysql.addresses;
  const server = await faultyServer(hook, mysqlUrl);
  const root = await connectAsRoot(mysql);
  cleanUps.push(() => root.end());
  const servers = { mysqlUrl, amqpUrl: vhost.url, temporalAddress: temporal.address };
  const products = ['cup', 'mug', 'pot'].map((sku) => product(sku, 100));
  const system = await startSystem(products, { MYSQL_URL: server.url }, { servers });
  await root.query('CREATE TABLE orders.ballast (id INT PRIMARY KEY)');
  Object.assign(t.context, { system, mysql, server, root });
});

test.after.always(async (t) => {
  await t.context.system?.close();
  for (const cleanUp of t.context.cleanUps.reverse()) await cleanUp();
});

test.afterEach.always(async (t) => {
  const { system } = t.context;
  const { findings, audited } = await system.audit();
  t.deepEqual(findings, []);
  await runsAre(system, audited.checkouts);
  t.is(await deadLetters(system), 0);
});

test.serial('a checkout whose commit loses its reply is answered 201, and reserved once', async (t) => {
  const { system, server } = t.context;
  server.breakAt('COMMIT', 'lose the reply');
  const key = randomUUID();
  const bought = await buy(t, ['mug'], key);
  t.is(server.broken(), 1);
  await isReservedOnce(t, bought, key);
  t.is((await system.observer.stockOf('mug')).reserved, 1);
});

test.serial('a checkout that a deadlock rolls back is answered 201', async (t) => {
  const { system, root } = t.context;
  const other = await openTransaction(t);
  // The database rolls back the transaction that has changed less.
  await other.query(`INSERT INTO ballast VALUES ${Array.from({ length: 500 }, (_, id) => `(${id})`).join()}`);
  await lock(other, 'mug');
  const key = randomUUID();
  const buying = buy(t, ['cup', 'mug'], key);
  await until('the checkout to hold the cup', () => isLocked(root, 'cup'), Boolean);
  await lock(other, 'cup');
  t.pass('the checkout held the cup and had to give it up');
  await other.query('ROLLBACK');
  await isReservedOnce(t, await buying, key);
  t.is((await system.observer.stockOf('cup')).reserved, 1);
});

test.serial(
  'a checkout of stock that stays locked gets a 503 with Retry-After within seconds, and other checkouts succeed meanwhile',
  async (t) => {
    const { system } = t.context;
    const other = await openTransaction(t);
    await lock(other, 'mug');
    const keys = [randomUUID(), randomUUID(), randomUUID()] as const;
    const buying = keys.map((key, index) => buy(t, index === 2 ? ['mug', 'pot'] : ['mug'], key));
    const others = await Promise.all([buy(t, ['pot'], randomUUID()), buy(t, ['cup'], randomUUID())]);
    t.deepEqual(
      others.map(({ status }) => status),
      [201, 201],
    );
    const refused = await Promise.all(buying);
    await other.query('ROLLBACK');
    t.is(refused[2]?.status, 503);
    t.is(await system.observer.checkoutsWith(7, keys[2]), 0);
    for (const index of [0, 1] as const) await isRefused(t, refused[index] as Attempt, keys[index]);
  },
);

test.serial(
  'a checkout gets a 503 with Retry-After while the server has too many connections, and nothing is partly written',
  async (t) => {
    const { system, mysql, root } = t.context;
    const guests = await Promise.all(Array.from({ length: 10 }, () => connectMysql(mysql.addresses.mysqlUrl)));
    t.teardown(async () => {
      await root.query('SET GLOBAL max_connections = 500');
      await Promise.all(guests.map((guest) => guest.end()));
    });
    await root.query('SET GLOBAL max_connections = 10');
    await killAllBut(root, guests);
    const key = randomUUID();
    const refused = await buy(t, ['mug'], key);
    const ready = await readyz(system.shopUrl);
    await root.query('SET GLOBAL max_connections = 500');
    await isRefused(t, refused, key);
    t.is(ready.status, 'unavailable');
  },
);

test.serial('a read-only server gives writers a 503 with Retry-After, and orders can be read', async (t) => {
  const { system, root } = t.context;
  const { body: order } = await buy(t, ['pot'], randomUUID());
  t.teardown(async () => void (await root.query('SET GLOBAL read_only = 0')));
  await root.query('SET GLOBAL read_only = 1');
  const key = randomUUID();
  const refused = await buy(t, ['mug'], key);
  const webhook = await sendWebhook(system.shopUrl, paymentOf(order));
  t.is(webhook.status, 503);
  t.true(Number(webhook.headers.get('retry-after')) > 0);
  t.is((await system.customers.look(order)).status, 'placed');
  await root.query('SET GLOBAL read_only = 0');
  await isRefused(t, refused, key);
});

test.serial(
  'a server that accepts connections and does not answer gives a 503 with Retry-After, and checkouts work again later',
  async (t) => {
    const { system, mysql } = t.context;
    const { body: order } = await buy(t, ['pot'], randomUUID());
    await allRecorded(system.pool, [order.orderId]);
    const key = randomUUID();
    t.teardown(async () => mysql.thaw());
    await mysql.freeze();
    const webhook = () => sendWebhook(system.shopUrl, paymentOf(order));
    const look = () =>
      fetch(`${system.shopUrl}/orders/${order.orderId}`, { headers: { authorization: `Bearer ${order.readToken}` } });
    const asked = [webhook(), look(), ...Array.from({ length: 30 }, look)];
    const refused = await buy(t, ['mug'], key);
    for (const { status, headers } of await Promise.all(asked)) {
      t.is(status, 503);
      t.true(Number(headers.get('retry-after')) > 0);
    }
    t.is((await readyz(system.shopUrl)).status, 'unavailable');
    mysql.thaw();
    await isRefused(t, refused, key);
    t.is((await webhook()).status, 204);
  },
);

test.serial('the API stops within its time while the server does not answer', async (t) => {
  const { system, mysql } = t.context;
  const key = randomUUID();
  t.teardown(async () => mysql.thaw());
  await mysql.freeze();
  const buying = buy(t, ['mug'], key);
  await until(
    'the API to notice',
    () => readyz(system.shopUrl),
    ({ status }) => status === 'unavailable',
  );
  await system.stop('api');
  const refused = await buying;
  mysql.thaw();
  t.false(system.logs().includes('not stopped within'));
  await system.start('api');
  await isRefused(t, refused, key);
});

async function buy(t: ExecutionContext<Context>, skus: readonly string[], key: string): Promise<Attempt> {
  const response = await fetch(`${t.context.system.shopUrl}/checkout`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ userId: 7, items: skus.map((sku) => ({ sku, quantity: 1 })) }),
    signal: AbortSignal.timeout(HELPER_LIMIT_MS),
  });
  const body = (await response.json()) as Attempt['body'];
  return { userId: 7, key, status: response.status, retryAfter: response.headers.get('retry-after'), body };
}

async function isReservedOnce(t: ExecutionContext<Context>, { status, body }: Attempt, key: string): Promise<void> {
  const { system } = t.context;
  t.is(status, 201);
  t.is(await system.observer.checkoutsWith(7, key), 1);
  await allRecorded(system.pool, [body.orderId]);
}

/** Checks that a checkout is refused and reserves nothing, and that the same key succeeds after the failure. */
async function isRefused(t: ExecutionContext<Context>, refused: Attempt, key: string): Promise<void> {
  const { system } = t.context;
  t.is(refused.status, 503);
  t.true(Number(refused.retryAfter) > 0);
  t.is(await system.observer.checkoutsWith(7, key), 0);
  const { reserved } = await system.observer.stockOf('mug');
  await isReservedOnce(t, await buy(t, ['mug'], key), key);
  t.is((await system.observer.stockOf('mug')).reserved, reserved + 1);
}

async function openTransaction(t: ExecutionContext<Context>): Promise<Connection> {
  const connection = await connectMysql(t.context.mysql.addresses.mysqlUrl);
  t.teardown(() => connection.end());
  await connection.query('START TRANSACTION');
  return connection;
}

const lock = (connection: Connection, sku: string) =>
  connection.query('SELECT sku FROM products WHERE sku = ? FOR UPDATE', [sku]);

async function isLocked(root: Connection, sku: string): Promise<boolean> {
  try {
    await root.query('SELECT sku FROM orders.products WHERE sku = ? FOR UPDATE NOWAIT', [sku]);
    return false;
  } catch (error) {
    if ((error as { errno?: number }).errno === 1205 || (error as { errno?: number }).errno === 3572) return true;
    throw error;
  }
}

async function killAllBut(root: Connection, guests: readonly Connection[]): Promise<void> {
  const [others] = await root.query<RowDataPacket[]>(
    "SELECT id FROM information_schema.processlist WHERE user = 'orders' AND id NOT IN (?)",
    [guests.map(({ threadId }) => threadId)],
  );
  for (const { id } of others) await root.query(`KILL ${id}`);
}
