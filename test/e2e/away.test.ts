import anyTest, { type TestFn } from 'ava';
import { createGate } from '../helpers/gate.js';
import { createDatabase, createVhost, temporal } from '../helpers/servers.js';
import { product, startSystem } from '../helpers/system.js';
import type { Context } from './away-context.js';
import './away-at-start.js';
import './overdue.js';

/** One running shop with a proxy in front of each server, for cases in which a server is away. One case at a time. */

const test = anyTest as TestFn<Context>;

test.before(async (t) => {
  const cleanUps: Context['cleanUps'] = [];
  t.context.cleanUps = cleanUps;
  const hook = { teardown: (cleanUp: () => Promise<void>) => void cleanUps.push(cleanUp) };
  const [database, vhost] = [await createDatabase(hook), await createVhost(hook)];
  const gates = {
    mysql: await createGate(hook, database.url),
    rabbitmq: await createGate(hook, vhost.url),
    temporal: await createGate(hook, `http://${temporal.address}`),
  };
  t.context.gates = gates;
  t.context.system = await startSystem(
    [product('mug', 100)],
    {
      MYSQL_URL: gates.mysql.url,
      AMQP_URL: gates.rabbitmq.url,
      TEMPORAL_ADDRESS: new URL(gates.temporal.url).host,
    },
    {
      servers: { mysqlUrl: database.url, amqpUrl: vhost.url, temporalAddress: temporal.address },
      shortWindow: '1 second',
    },
  );
});

test.after.always(async (t) => {
  const { system, cleanUps } = t.context;
  const { findings } = await system.audit();
  await system.close();
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
  t.deepEqual(findings, [], 'the audit after all of it');
});

test.afterEach.always(async (t) => {
  for (const gate of Object.values(t.context.gates)) gate.refuse(false);
  await t.context.system.migrate();
});
