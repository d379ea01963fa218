import { randomUUID } from 'node:crypto';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import { ORDER_CREATE_DLQ, ORDER_CREATE_QUEUE } from '../../src/amqp/topology.js';
import type { Placed } from '../../src/cli/story/customer.js';
import { until } from '../../src/cli/story/until.js';
import { product, type System, startSystem } from '../helpers/system.js';
import { sendWebhook } from '../helpers/webhook.js';
import { allRecorded, buyOnce, orderIdsOf, sold, startBuyers } from './buyers.js';
import { type KillableServer, queuesAreWritten, startKillable } from './killable-server.js';
import { deadLetters, deliveries, paymentOf, readyz } from './reads.js';

/** `kill -9` of each server, and of all at once, while customers buy and our processes continue. One at a time. */

interface Context {
  system: System;
  mysql: KillableServer;
  rabbitmq: KillableServer;
  temporal: KillableServer;
}

const test = anyTest as TestFn<Context>;

test.before(async (t) => {
  // Other test files start their servers at this moment too, so a server may take minutes.
  const [mysql, rabbitmq, temporal] = await Promise.all([
    startKillable('mysql'),
    startKillable('rabbitmq'),
    startKillable('temporal'),
  ]);
  const servers = {
    mysqlUrl: mysql.addresses.mysqlUrl,
    amqpUrl: rabbitmq.addresses.amqpUrl,
    temporalAddress: temporal.addresses.temporalAddress,
  };
  const system = await startSystem([product('mug', 100_000)], {}, { servers, shortWindow: '15 seconds' });
  t.context = { system, mysql, rabbitmq, temporal };
  await queuesAreWritten(rabbitmq, [ORDER_CREATE_QUEUE, ORDER_CREATE_DLQ]);
});

test.after.always(async (t) => {
  const { system, mysql, rabbitmq, temporal } = t.context;
  await system?.close();
  await Promise.all([mysql, rabbitmq, temporal].map((server) => server?.close()));
});

test.serial('checkouts continue while RabbitMQ is dead, and every order arrives when RabbitMQ is back', async (t) => {
  const { system, rabbitmq } = t.context;
  const buyers = startBuyers(system.shopUrl, 'mug');
  await buyers.waitFor('orders before', sold, 5);
  await rabbitmq.kill();
  await buyers.waitFor('orders while the broker is dead', sold, 10);
  t.is((await readyz(system.shopUrl)).status, 'degraded');
  await rabbitmq.restart();
  await buyers.waitFor('orders afterwards', sold, 5);
  const attempts = await buyers.stop();
  t.deepEqual(new Set(attempts.map(({ status }) => status)), new Set([201]));
  await allRecorded(system.pool, orderIdsOf(attempts));
  await nothingIsBroken(t);
});

test.serial(
  'checkouts get 503 while MariaDB is dead, and each order that was answered 201 is there afterwards',
  async (t) => {
    const { system, mysql } = t.context;
    const { body: order } = await buyOnce(system.shopUrl, 'mug', 900_001, randomUUID());
    const buyers = startBuyers(system.shopUrl, 'mug');
    await buyers.waitFor('orders before', sold, 5);
    await mysql.kill();
    await buyers.waitFor('refusals while the database is dead', ({ status }) => status === 503, 10);
    const webhook = paymentOf(order);
    const refused = await sendWebhook(system.shopUrl, webhook);
    t.is(refused.status, 503, 'nothing is stored, so nothing is acknowledged');
    t.truthy(refused.headers.get('retry-after'));
    t.is((await readyz(system.shopUrl)).status, 'unavailable');
    await mysql.restart();
    await buyers.waitFor('orders afterwards', sold, 5);
    const attempts = await buyers.stop();

    t.deepEqual(new Set(attempts.map(({ status }) => status)), new Set([201, 503]));
    const turnedAway = attempts.filter((attempt) => !sold(attempt));
    t.true(turnedAway.every(({ retryAfter }) => Number(retryAfter) > 0));
    const again = await Promise.all(turnedAway.map(({ userId, key }) => buyOnce(system.shopUrl, 'mug', userId, key)));
    t.true(again.every(sold), 'asked again under the same key, each gets its order');
    const orders = [...orderIdsOf(attempts), ...orderIdsOf(again)];
    t.is(new Set(orders).size, attempts.length, 'one order a key');
    await allRecorded(system.pool, orders);
    t.is((await sendWebhook(system.shopUrl, webhook)).status, 204);
    await system.observer.ended(order.orderId, { status: 'paid', movement: 'sold' });
    await nothingIsBroken(t);
  },
);

test.serial('timers fire and payments arrive after Temporal was dead, and no message loses an attempt', async (t) => {
  const { system, temporal } = t.context;
  const [unpaid, toBePaid] = [await buyMany(system.shortWindowUrl), await buyMany(system.shopUrl)];
  await allRecorded(
    system.pool,
    [...unpaid, ...toBePaid].map(({ orderId }) => orderId),
  );
  await temporal.kill();
  const buyers = startBuyers(system.shopUrl, 'mug');
  for (const order of toBePaid) {
    const { status } = await sendWebhook(system.shopUrl, paymentOf(order));
    t.is(status, 204, 'a payment is stored, whoever is dead');
  }
  t.is((await readyz(system.shopUrl)).status, 'degraded');
  const deadline = Math.max(...unpaid.map(({ expiresAt }) => Date.parse(expiresAt)));
  await until(
    'the deadlines to pass',
    async () => Date.now(),
    (now) => now > deadline,
  );
  await buyers.waitFor('orders while Temporal is dead', sold, 5);
  for (const order of unpaid) {
    await until(
      'an unpaid order to end without Temporal',
      () => system.shortWindowCustomers.look(order),
      ({ status }) => status === 'canceled',
    );
  }
  await temporal.restart();

  const attempts = await buyers.stop();
  t.deepEqual(new Set(attempts.map(({ status }) => status)), new Set([201]));
  await allRecorded(system.pool, orderIdsOf(attempts));
  for (const { orderId } of unpaid) {
    await system.observer.ended(orderId, { status: 'canceled', movement: 'released' });
  }
  for (const { orderId } of toBePaid) await system.observer.ended(orderId, { status: 'paid', movement: 'sold' });
  await nothingIsBroken(t);
});

test.serial('every order that was answered 201 is there and ends after all three servers died at once', async (t) => {
  const { system, mysql, rabbitmq, temporal } = t.context;
  const open = await buyMany(system.shopUrl);
  const buyers = startBuyers(system.shopUrl, 'mug');
  await buyers.waitFor('orders before', sold, 5);
  await Promise.all([mysql.kill(), rabbitmq.kill(), temporal.kill()]);
  await buyers.waitFor('refusals', ({ status }) => status === 503, 5);
  await Promise.all([mysql.restart(), rabbitmq.restart(), temporal.restart()]);
  await buyers.waitFor('orders afterwards', sold, 5);
  const attempts = await buyers.stop();
  t.deepEqual(new Set(attempts.map(({ status }) => status)), new Set([201, 503]));
  await allRecorded(system.pool, [...orderIdsOf(attempts), ...open.map(({ orderId }) => orderId)]);
  for (const order of open) t.is((await sendWebhook(system.shopUrl, paymentOf(order))).status, 204);
  for (const { orderId } of open) await system.observer.ended(orderId, { status: 'paid', movement: 'sold' });
  await nothingIsBroken(t);
});

async function buyMany(shopUrl: string): Promise<Placed[]> {
  const attempts = await Promise.all(
    Array.from({ length: 4 }, (_, user) => buyOnce(shopUrl, 'mug', 800_001 + user, randomUUID())),
  );
  return attempts.map(({ body }) => body);
}

/** No invariant is broken and no message is a dead letter: a message that waits for a server loses no attempt. */
async function nothingIsBroken(t: ExecutionContext<Context>): Promise<void> {
  const { system } = t.context;
  t.deepEqual((await system.audit()).findings, []);
  t.is(await deadLetters(system), 0);
  for (const outcome of ['retry', 'park']) t.is(await deliveries(system, outcome), 0, 'no message has lost an attempt');
}
