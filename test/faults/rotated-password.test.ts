import { randomBytes } from 'node:crypto';
import test from 'ava';
import { encodeCreateMessage } from '../../src/amqp/messages.js';
import { createOrderCreateHandler } from '../../src/amqp/order-create.js';
import { createPublisher } from '../../src/amqp/publisher.js';
import { until } from '../../src/cli/story/until.js';
import { createOrderLookup } from '../../src/db/grouped-writes.js';
import { faultyServer } from '../db/faulty-server.js';
import { connectUnderTest, createBroker } from '../helpers/broker.js';
import { reaches, startConsumer } from '../helpers/consumer.js';
import { openPool, placeOrder, shopDatabase } from '../helpers/database.js';

/** An operator rotates a password at the server, and the processes still have the old password. */

const withLogin = (address: string, user: string, password: string): string => {
  const url = new URL(address);
  Object.assign(url, { username: user, password });
  return url.href;
};
const newUser = (): string => `rotated_${randomBytes(4).toString('hex')}`;

test('messages wait and lose no attempt while the password of the database is wrong', async (t) => {
  const { pool: owner, url } = await shopDatabase(t);
  // Fewer failures in a row than those that count as an outage with any error.
  const orders = await Promise.all(Array.from({ length: 3 }, () => placeOrder(owner)));
  const database = await faultyServer(t, url);
  const isKnown = createOrderLookup(openPool(t, database.url));
  t.true(await isKnown(orders[0]?.orderId ?? ''));
  database.turnAway(Number.POSITIVE_INFINITY, { errno: 1045, message: 'Access denied for user' });
  database.breakAt('checkouts', 'cut before it arrives');

  const met: unknown[] = [];
  const { server, outcomes } = await startConsumer(t, {
    handler: createOrderCreateHandler({
      isKnown: (orderId) =>
        isKnown(orderId).catch((error) => {
          met.push(error);
          throw error;
        }),
      startOrder: async () => 'started',
    }),
  });
  for (const order of orders) await server.send('order_create_queue', encodeCreateMessage(order).toString());
  await reaches('all of them to have met it several times', () => met.length, 15);
  t.deepEqual(outcomes, []);

  database.turnAway(0);
  await reaches('all of them to be handled', () => outcomes.length, 3);
  t.deepEqual([new Set(outcomes), await server.ready('order_create_dlq')], [new Set(['ack']), 0]);
});

test('the connection to the broker is retried while the password of the broker is wrong', async (t) => {
  const server = await createBroker(t, 'quorum');
  const user = newUser();
  const setPassword = (password: string) => server.api('PUT', `/api/users/${user}`, { password, tags: '' });
  await setPassword('first');
  t.teardown(async () => void (await server.api('DELETE', `/api/users/${user}`)));
  const all = { configure: '.*', write: '.*', read: '.*' };
  await server.api('PUT', `/api/permissions/{vhost}/${user}`, all);
  const publisher = createPublisher({ window: 10, confirmTimeoutMs: 10_000 });
  const broker = await connectUnderTest(t, withLogin(server.url, user, 'first'), publisher.attach);
  const is = (wanted: string) =>
    until(
      wanted,
      async () => broker.state(),
      (state) => state === wanted,
    );
  const message = { exchange: '', routingKey: 'order_create_queue', content: Buffer.from('body') };
  const publish = () => publisher.publish({ ...message, properties: { messageId: 'one' } });

  await setPassword('second');
  await server.cut('under-test');
  await is('connecting');
  await t.throwsAsync(publish(), { code: 'dependency-unavailable' });
  await setPassword('first');
  await is('connected');
  await t.notThrowsAsync(publish());
});
