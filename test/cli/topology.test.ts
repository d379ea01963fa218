import test from 'ava';
import { orderTopology } from '../../src/amqp/topology.js';
import { createBroker, type TestBroker } from '../helpers/broker.js';
import { freePort } from '../helpers/free-port.js';
import { createDatabase, temporal } from '../helpers/servers.js';
import { orders } from './orders.js';

/** `orders topology` and `--check` as an operator runs them. */

const api = { RABBITMQ_API_URL: process.env['TEST_RABBITMQ_API_URL'] };
const topology = ({ url }: TestBroker, args: readonly string[], env: NodeJS.ProcessEnv = api) =>
  orders(['topology', ...args], { AMQP_URL: url, ...env });

const declared = '4 exchanges, 4 queues and 5 bindings are as declared here.\n';

test('topology declares everything, and --check then finds nothing', async (t) => {
  const broker = await createBroker(t);
  t.deepEqual(await topology(broker, []), { code: 0, out: declared, err: '' });
  t.deepEqual(await topology(broker, ['--check']), { code: 0, out: declared, err: '' });
});

test('topology --check of an empty broker exits 1, names everything that is missing and declares nothing', async (t) => {
  const broker = await createBroker(t);
  const { code, out } = await topology(broker, ['--check']);
  t.is(code, 1);
  const { exchanges, queues, bindings } = orderTopology('quorum');
  for (const { name } of exchanges) t.true(out.includes(`exchange ${name} is missing`));
  for (const { name } of queues) t.true(out.includes(`queue ${name} is missing`));
  t.is(out.match(/is not bound to/g)?.length, bindings.length);
  t.deepEqual(await broker.api('GET', '/api/queues/{vhost}'), []);
});

for (const args of [[], ['--check']]) {
  test(`topology ${args.join('')} of a queue with another TTL exits 1, and names the queue and both values`, async (t) => {
    const broker = await createBroker(t);
    const delay = orderTopology('quorum').queues.find(({ name }) => name === 'order_delay_queue')?.arguments;
    await broker.channel.assertQueue('order_delay_queue', { arguments: { ...delay, 'x-message-ttl': 60_000 } });
    const { code, out, err } = await topology(broker, args);
    t.is(code, 1);
    t.regex(out + err, /queue order_delay_queue .*x-message-ttl: here '1800000', in the broker '60000'/);
    t.false(err.includes('    at '), 'no stack');
    t.is(((await broker.api('GET', '/api/queues/{vhost}')) as unknown[]).length, 1, 'nothing was declared');
  });
}

async function unbound(t: Parameters<typeof createBroker>[0]): Promise<TestBroker> {
  const broker = await createBroker(t, 'quorum');
  await broker.channel.unbindQueue('order_create_queue', 'order_exchange', 'order.create');
  return broker;
}

test('topology --check exits 1 for a deleted binding and names its queue, and topology restores the binding', async (t) => {
  const broker = await unbound(t);
  const { code, out } = await topology(broker, ['--check']);
  t.is(code, 1);
  t.is(out, 'queue order_create_queue is not bound to order_exchange by order.create; `orders topology` binds it\n');
  await topology(broker, []);
  t.is((await topology(broker, ['--check'])).code, 0);
});

test('topology --check names what is needed to compare bindings where they cannot be compared', async (t) => {
  const broker = await unbound(t);
  const without = await topology(broker, ['--check'], {});
  t.is(without.code, 0);
  t.regex(without.out, /^Bindings not compared: .*RABBITMQ_API_URL.*\n4 exchanges, 4 queues are as declared here\.\n$/);
  const port = await freePort();
  const away = await topology(broker, ['--check'], { RABBITMQ_API_URL: `http://somebody:secret@127.0.0.1:${port}` });
  t.regex(
    away.out,
    new RegExp(`^Bindings not compared: the management API at 127.0.0.1:${port} is not available: .*ECONNREFUSED`),
  );
  t.false(away.out.includes('secret'));
});

test('npm start on a given broker whose queue differs ends at once, and names the queue', async (t) => {
  const broker = await createBroker(t);
  await broker.channel.assertQueue('order_delay_queue', { arguments: { 'x-message-ttl': 60_000 } });
  const { url } = await createDatabase(t);
  const env = { MYSQL_URL: url, AMQP_URL: broker.url, TEMPORAL_ADDRESS: temporal.address, PORT: '0' };
  const { code, err } = await orders(['start', '--exit', '--story'], env);
  t.is(code, 1);
  t.regex(err, /queue order_delay_queue .*x-message-ttl: here '1800000', in the broker '60000'/);
});
