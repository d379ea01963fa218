import anyTest, { type TestFn } from 'ava';
import type { RowDataPacket } from 'mysql2/promise';
import { until } from '../../src/cli/story/until.js';
import { faultyServer } from '../db/faulty-server.js';
import { createDatabase, createVhost, temporal } from '../helpers/servers.js';
import { product, startSystem } from '../helpers/system.js';
import { deadLetters, deliveries, runsAre } from './reads.js';

/** The moment between the broker's confirm and the mark in the outbox. */

const test = anyTest as TestFn;

test('an order whose API dies between confirm and mark is published again, and stays one order', async (t) => {
  const [database, vhost] = [await createDatabase(t), await createVhost(t)];
  const server = await faultyServer(t, database.url);
  const servers = { mysqlUrl: database.url, amqpUrl: vhost.url, temporalAddress: temporal.address };
  const system = await startSystem([product('mug', 10)], { MYSQL_URL: server.url }, { servers });
  t.teardown(system.close);

  server.breakAt('SET published_at', 'cut before it arrives');
  const buying = system.customers.buy(1, [{ sku: 'mug', quantity: 1 }]);
  await until(
    'the mark to be cut off',
    async () => server.broken(),
    (broken) => broken === 1,
  );
  const [{ body: order }] = await Promise.all([buying, system.kill('api')]);
  t.is(await unmarked(), 1, 'confirmed, and nobody has noted it');
  await system.observer.recorded(order.orderId);
  await until('the sweep to mark it', unmarked, (rows) => rows === 0);
  await until(
    'the bridge to have had it twice',
    () => deliveries(system, 'ack'),
    (acks) => acks === 2,
  );

  await system.start('api');
  t.is((await system.customers.look(order)).status, 'placed');
  await runsAre(system, 1);
  t.like(await system.observer.stockOf('mug'), { available: 9, reserved: 1 });
  t.is(await deadLetters(system), 0);
  t.deepEqual((await system.audit()).findings, []);

  async function unmarked(): Promise<number> {
    const [rows] = await system.pool.query<RowDataPacket[]>('SELECT 1 FROM checkouts WHERE published_at IS NULL');
    return rows.length;
  }
});
