import { setTimeout as sleep } from 'node:timers/promises';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import { ORDER_CREATE_DLQ, ORDER_CREATE_QUEUE } from '../../src/amqp/topology.js';
import { until } from '../../src/cli/story/until.js';
import { orders } from '../cli/orders.js';
import { type KillableServer, queuesAreWritten, startKillable } from '../faults/killable-server.js';
import { rows } from '../helpers/database.js';
import { asOperator } from '../helpers/operator.js';
import { createReceiver, type Received, type TestReceiver } from '../helpers/receiver.js';
import { createDatabase, temporal } from '../helpers/servers.js';
import { product, providerToken, type System, startSystem } from '../helpers/system.js';
import { type Bought, buyer } from './lost-webhooks/buyer.js';

/**
 * Every webhook of the provider is lost while customers buy and pay, an endpoint is away for a part of the time, and each
 * bridge, the worker and the broker are killed. Set `LOST_WEBHOOKS_MINUTES` for a longer time: 60 is an hour.
 */

const test = anyTest as TestFn<{
  system: System;
  rabbitmq: KillableServer;
  receiver: TestReceiver;
  drop: () => Promise<void>;
}>;

const LOAD_MS = Number(process.env['LOST_WEBHOOKS_MINUTES'] ?? 0.75) * 60_000;
const BUYERS_A_SECOND = 4;

test.before(async (t) => {
  const [rabbitmq, database] = await Promise.all([startKillable('rabbitmq'), createDatabase()]);
  const servers = {
    mysqlUrl: database.url,
    amqpUrl: rabbitmq.addresses.amqpUrl,
    temporalAddress: temporal.address,
  };
  const system = await startSystem([product('mug', 1_000_000)], {}, { servers, shortWindow: '15 seconds' });
  await system.start('second-bridge');
  await queuesAreWritten(rabbitmq, [ORDER_CREATE_QUEUE, ORDER_CREATE_DLQ]);
  const receiver = await createReceiver({ teardown: () => undefined });
  t.context = { system, rabbitmq, receiver, drop: database.drop };
});

test.after.always(async (t) => {
  const { system, rabbitmq, receiver, drop } = t.context;
  await receiver?.stop();
  await system?.close();
  await rabbitmq?.close();
  await drop?.();
});

test('no payment is lost with its webhook, every order ends right, and a receiver that was away gets every event', async (t) => {
  const { system, rabbitmq, receiver } = t.context;
  const since = new Date();
  await fault(system, { webhooks: { dropNext: 1_000_000 } });
  const added = await asOperator(system.adminUrl)('POST', '/endpoints', { url: receiver.url, events: ['*'] });
  t.is(added.status, 201);

  const faults: readonly (readonly [share: number, what: () => Promise<unknown>])[] = [
    [0.15, () => system.kill('bridge')],
    [0.2, receiver.stop],
    [0.25, () => system.start('bridge')],
    [0.35, () => system.kill('worker')],
    [0.45, () => system.start('worker')],
    [0.55, rabbitmq.kill],
    [0.65, rabbitmq.restart],
    [0.7, () => system.kill('second-bridge')],
    [0.75, () => system.start('second-bridge')],
    [0.85, receiver.start],
  ];
  const failed = new AbortController();
  const [bought] = await Promise.all([buyAll(system, failed.signal), inTheirTime(faults, failed.signal)]).finally(() =>
    failed.abort(),
  );

  await untilAll(system, bought, 'first');
  const run = (...args: string[]) =>
    orders(args, {
      MYSQL_URL: system.mysqlUrl,
      PAYMENT_PROVIDER_URL: system.providerUrl,
      PAYMENT_PROVIDER_TOKEN: providerToken,
    });
  const reconcile = () => run('payments', 'reconcile', '--since', since.toISOString());
  const { code, out, err } = await reconcile();
  t.is(code, 0, err);
  const paidElsewhere = bought.filter((one) => one.paidElsewhere).length;
  t.regex(out, new RegExp(` ${paidElsewhere} found, 0 different\\.$`, 'm'));
  await untilAll(system, bought, 'end');
  await until(
    'all money that is owed to be back',
    () => rows(system.pool, "SELECT payment_id FROM payments WHERE status NOT IN ('accepted', 'refunded')"),
    (owed) => owed.length === 0,
  );
  t.regex((await reconcile()).out, / 0 found, 0 different\.$/m);

  await ledgerCloses(t, bought);
  const ledger = await run('audit', '--ledger', '--until', new Date().toISOString());
  t.is(ledger.code, 0, ledger.out);
  await receiverHasAll(t);
  const report = await until(
    'the audit to hold',
    system.audit,
    ({ findings, open }) => findings.length + open.length === 0,
  );
  t.deepEqual(report.findings, []);
});

const json = { 'content-type': 'application/json' };
const fault = ({ providerUrl }: System, faults: object) =>
  fetch(`${providerUrl}/faults`, { method: 'POST', headers: json, body: JSON.stringify(faults) });

/** Buyers at a steady rate, of each kind in turn. */
async function buyAll(system: System, signal: AbortSignal): Promise<Bought[]> {
  const begun = performance.now();
  const count = Math.ceil((LOAD_MS / 1_000) * BUYERS_A_SECOND);
  return await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      await sleep(Math.max(0, begun + (n * 1_000) / BUYERS_A_SECOND - performance.now()), undefined, { signal });
      return await buyer(system, n);
    }),
  );
}

async function inTheirTime(
  steps: readonly (readonly [share: number, what: () => Promise<unknown>])[],
  signal: AbortSignal,
): Promise<void> {
  const begun = performance.now();
  for (const [share, what] of steps) {
    await sleep(Math.max(0, begun + share * LOAD_MS - performance.now()), undefined, { signal });
    await what();
  }
}

async function untilAll({ pool }: System, bought: readonly Bought[], when: 'first' | 'end'): Promise<void> {
  await until(
    `each of ${bought.length} orders to be as its customer expects`,
    async () => {
      const found = await rows(pool, 'SELECT order_id AS orderId, status FROM orders');
      const statusOf = new Map(found.map(({ orderId, status }) => [orderId, status]));
      return bought.filter((one) => statusOf.get(one.orderId) !== one[when]);
    },
    (different) => different.length === 0,
  );
}

/** For each order: what the provider has taken and not given back is what was sold. */
async function ledgerCloses(t: ExecutionContext<{ system: System }>, bought: readonly Bought[]): Promise<void> {
  const { providerUrl, pool } = t.context.system;
  const kept = new Map<string, number>();
  for (let next: string | undefined = `${providerUrl}/payments?limit=100`; next !== undefined; ) {
    const { payments } = (await (await fetch(next)).json()) as { payments: Listed[] };
    for (const { orderId, amount, refunds } of payments.filter(({ status }) => status === 'succeeded')) {
      const back = refunds.reduce((sum, refund) => sum + refund.amount, 0);
      kept.set(orderId, (kept.get(orderId) ?? 0) + amount - back);
    }
    const last = payments.at(-1);
    next = last && `${providerUrl}/payments?limit=100&after=${last.paymentId}`;
  }
  const sold = await rows(pool, "SELECT order_id AS orderId, IF(status = 'paid', amount, 0) AS amount FROM orders");
  const wrong = sold.filter(({ orderId, amount }) => (kept.get(String(orderId)) ?? 0) !== Number(amount));
  t.deepEqual(wrong, []);
  t.is(sold.length, bought.length);
}

interface Listed {
  readonly paymentId: string;
  readonly orderId: string;
  readonly amount: number;
  readonly status: string;
  readonly refunds: readonly { readonly amount: number }[];
}

/** Each event that was written has arrived, and those of an order in their order. */
async function receiverHasAll(t: ExecutionContext<{ system: System; receiver: TestReceiver }>): Promise<void> {
  const { system, receiver } = t.context;
  const written = await until(
    'every event to arrive',
    async () => {
      const ids = new Set(receiver.received.map(({ id }) => id));
      return (await rows(system.pool, 'SELECT event_id AS id FROM events')).filter(({ id }) => !ids.has(String(id)));
    },
    (missing) => missing.length === 0,
  );
  t.deepEqual(written, []);
  const first = new Map<string, Received>();
  for (const one of receiver.received) if (!first.has(one.id)) first.set(one.id, one);
  const ofOrders = [...first.values()].filter(({ sequence }) => sequence !== null);
  for (const [subject, events] of Map.groupBy(ofOrders, (one) => one.subject)) {
    t.deepEqual(
      events.map(({ sequence }) => sequence),
      events.map((_, index) => index + 1),
      subject,
    );
  }
}
