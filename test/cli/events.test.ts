import test, { type ExecutionContext } from 'ava';
import { fanOut } from '../../src/db/events/fan-out.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { placeOrder, rows, shopDatabase } from '../helpers/database.js';
import { endpointWith, serveOnce } from '../helpers/endpoints.js';
import { deliverAll } from '../helpers/events.js';
import { typesBySubject } from '../helpers/receiver.js';
import { orders } from './orders.js';

/** `orders events` as an operator runs it. */

async function shop(t: ExecutionContext) {
  const { pool, url } = await shopDatabase(t);
  const endpoint = await endpointWith(t, pool, ['order.*']);
  const { orderId } = await placeOrder(pool);
  await settleOrder(pool, orderId, { kind: 'cancel', reason: 'customer-request' });
  const { orderId: other } = await placeOrder(pool);
  return {
    pool,
    endpoint,
    orderId,
    other,
    events: (...args: string[]) => orders(['events', ...args], { MYSQL_URL: url }),
  };
}

const NOBODY = '01a2f0de-91c0-7d11-a2f5-0c4d1be55e20';
const both = ['order.placed', 'order.canceled'];
interface Listed {
  readonly events: {
    eventId: string;
    type: string;
    subject: string;
    delivery: { state: string } | null;
    position: number;
  }[];
  readonly next: number | null;
}

test('orders events list selects by type, order, time and endpoint, page by page', async (t) => {
  const { pool, endpoint, orderId, other, events } = await shop(t);
  while ((await fanOut(pool)) > 0);
  const list = async (...args: string[]) => JSON.parse((await events('list', '--json', ...args)).out) as Listed;
  const named = ({ events: found }: Listed) => found.map(({ type, subject }) => `${type} ${subject}`);
  const all = [`order.placed ${other}`, `order.canceled ${orderId}`, `order.placed ${orderId}`];
  t.deepEqual(named(await list()), all);
  t.deepEqual(named(await list('--type', 'order.canceled')), [all[1]]);
  t.deepEqual(named(await list('--order', orderId)), all.slice(1));
  t.deepEqual(named(await list('--since', '2999-01-01T00:00:00Z')), []);
  t.deepEqual(named(await list('--until', '2999-01-01T00:00:00Z', '--undelivered')), all);
  const first = await list('--limit', '2');
  t.deepEqual(named(first), all.slice(0, 2));
  t.deepEqual(named(await list('--before', String(first.next))), all.slice(2));
  const ofEndpoint = await list('--endpoint', endpoint.endpointId, '--undelivered');
  t.deepEqual(
    ofEndpoint.events.map(({ delivery }) => delivery?.state),
    ['waiting', 'waiting', 'waiting'],
  );
  await serveOnce(pool);
  t.deepEqual(named(await list('--endpoint', endpoint.endpointId, '--undelivered')), []);
  t.is((await list('--endpoint', endpoint.endpointId)).events[0]?.delivery?.state, 'delivered');
  t.regex(
    (await events('list', '--order', orderId)).out,
    /order\.canceled .*RabbitMQ does not have it\n[\s\S]*2 events\.\n$/,
  );
});

test('orders events replay sends what was taken again under its id, in order, to an endpoint or to RabbitMQ', async (t) => {
  const { pool, endpoint, orderId, events } = await shop(t);
  await serveOnce(pool);
  await deliverAll(pool);
  const before = endpoint.received.splice(0);
  const to = ['--endpoint', endpoint.endpointId];
  const dry = await events('replay', '--order', orderId, ...to, '--dry-run');
  t.regex(dry.out, /^A dry run: 2 events would be sent to /);
  await serveOnce(pool);
  t.is(endpoint.received.length, 0);
  t.regex((await events('replay', '--order', orderId, ...to)).out, /^2 events: a running bridge sends them/);
  await serveOnce(pool);
  t.deepEqual(typesBySubject(endpoint.received), { [orderId]: both });
  t.true(endpoint.received.every(({ id }) => before.some((one) => one.id === id)));
  endpoint.received.splice(0);

  const [{ event_id: eventId } = {}] = await rows(pool, "SELECT event_id FROM events WHERE type = 'order.canceled'");
  t.is((await events('replay', String(eventId), ...to)).code, 0);
  await serveOnce(pool);
  t.deepEqual(
    endpoint.received.map(({ id }) => id),
    [eventId],
  );
  t.deepEqual(await deliverAll(pool), []);
  t.is((await events('replay', '--type', 'order.canceled', '--rabbitmq')).code, 0);
  t.deepEqual(
    (await deliverAll(pool)).map((event) => event.eventId),
    [eventId],
  );
});

test('orders events replay sends what an endpoint has missed, and nothing where a name is wrong', async (t) => {
  const { pool, endpoint, events } = await shop(t);
  while ((await fanOut(pool)) > 0);
  await pool.query(
    "UPDATE event_deliveries SET state = 'failed', ended_at = UTC_TIMESTAMP(3) ORDER BY position LIMIT 2",
  );
  const to = ['--endpoint', endpoint.endpointId];
  for (const [args, expected] of [
    [['replay', NOBODY, ...to], /There is no event .* Nothing was replayed/],
    [['replay', '--undelivered', '--endpoint', NOBODY], /There is no endpoint/],
    [['replay', '--undelivered'], /expected where to send them: --endpoint ID or --rabbitmq/],
    [['replay', ...to], /expected ids, or a selection/],
    [['replay', NOBODY, '--type', 'order.paid', ...to], /expected ids, or a selection/],
    [['list', '--type', 'order.sent'], /Expected types of events/],
    [['list', '--limit', '0'], /Expected a whole number from 1 to 1000/],
  ] as const) {
    const { code, out, err } = await events(...args);
    t.is(code, 1, args.join(' '));
    t.regex(out + err, expected);
  }
  t.regex((await events('replay', '--undelivered', ...to)).out, /^3 events:/);
  await serveOnce(pool);
  t.is(endpoint.received.length, 3);
});
