import anyTest, { type TestFn } from 'ava';
import type { Placed } from '../../src/cli/story/customer.js';
import { until } from '../../src/cli/story/until.js';
import { findOrder } from '../../src/db/orders.js';
import { findPayment } from '../../src/db/payments.js';
import { orderWorkflowId } from '../../workflows/contract.js';
import { metric, pay, statusOf } from '../faults/look.js';
import { createGate, type Gate } from '../helpers/gate.js';
import { createDatabase, createVhost, temporal } from '../helpers/servers.js';
import { product, type System, startSystem } from '../helpers/system.js';

/** Orders whose workflow cannot end them: the bridge's sweep does. One system, one test at a time. */

interface Context {
  system: System;
  gates: Gate[];
  cleanUps: (() => Promise<void>)[];
}

const test = anyTest as TestFn<Context>;

test.before(async (t) => {
  const cleanUps: Context['cleanUps'] = [];
  t.context.cleanUps = cleanUps;
  const hook = { teardown: (cleanUp: () => Promise<void>) => void cleanUps.push(cleanUp) };
  const vhost = await createVhost(hook);
  const toBroker = await createGate(hook, vhost.url);
  const toTemporal = await createGate(hook, `http://${temporal.address}`);
  const servers = {
    mysqlUrl: (await createDatabase(hook)).url,
    amqpUrl: vhost.url,
    temporalAddress: temporal.address,
  };
  t.context.system = await startSystem(
    [product('mug', 100)],
    { AMQP_URL: toBroker.url, TEMPORAL_ADDRESS: new URL(toTemporal.url).host },
    { servers },
  );
  t.context.gates = [toBroker, toTemporal];
});

test.after.always(async (t) => {
  await t.context.system?.close();
  for (const cleanUp of t.context.cleanUps.toReversed()) await cleanUp();
});

const buyHastily = async ({ hasty }: System): Promise<Placed> =>
  (await hasty.buy(1, [{ sku: 'mug', quantity: 1 }])).body;

/** What Temporal shows is not asked for: it may know nothing of the order. */
async function ended({ pool }: System, { orderId }: Placed): Promise<string> {
  const order = await until(
    `order ${orderId} to end`,
    () => findOrder(pool, orderId),
    (found) => found?.view.status !== 'placed',
  );
  return `${order?.view.status} ${order?.view.cancelReason}`;
}

test.serial(
  'with RabbitMQ and Temporal away for longer than the window, unpaid orders end, their stock is free, and stored money pays',
  async (t) => {
    const { system, gates } = t.context;
    for (const gate of gates) {
      gate.refuse(true);
      gate.cut();
    }
    const before = await system.witness.stockOf('mug');
    const [unpaid, paid] = [await buyHastily(system), await buyHastily(system)];
    const { paymentId, answers } = await pay(system, paid);
    t.deepEqual(answers, [204]);
    t.is(await ended(system, unpaid), 'canceled payment-window-expired');
    t.is(await ended(system, paid), 'paid null');
    t.is((await findPayment(system.pool, paymentId))?.status, 'accepted');
    const after = await system.witness.stockOf('mug');
    t.deepEqual([after.available, after.sold], [before.available - 1, before.sold + 1]);
    await until(
      'nothing to be overdue',
      () => metric(system.bridgeUrl(), 'orders_overdue'),
      (overdue) => overdue === 0,
    );
    t.is(await metric(system.bridgeUrl(), 'orders_swept_total', { what: 'overdue' }), 2);

    for (const gate of gates) gate.refuse(false);
    // The messages that the outbox held until now start workflows, which find their orders ended.
    for (const { orderId } of [unpaid, paid]) {
      await until(
        'its workflow to have ended',
        () => statusOf(system, orderWorkflowId(orderId)),
        (status) => status === 'COMPLETED',
        120_000,
      );
    }
    t.deepEqual((await system.audit()).findings, []);
  },
);

test.serial(
  'an order whose workflow has no worker ends after its deadline, and the workflow finds it ended',
  async (t) => {
    const { system } = t.context;
    await system.stop('worker');
    const order = await buyHastily(system);
    t.is(await ended(system, order), 'canceled payment-window-expired');
    await system.start('worker');
    await until(
      'its workflow to have ended',
      () => statusOf(system, orderWorkflowId(order.orderId)),
      (status) => status === 'COMPLETED',
    );
    t.deepEqual((await system.audit()).findings, []);
  },
);
