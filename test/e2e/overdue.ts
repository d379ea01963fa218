import anyTest, { type TestFn } from 'ava';
import type { Placed } from '../../src/cli/story/customer.js';
import { until } from '../../src/cli/story/until.js';
import { findOrder } from '../../src/db/orders/orders.js';
import { findPayment } from '../../src/db/payments/payments.js';
import { orderWorkflowId } from '../../workflows/contract.js';
import { metric, pay, statusOf } from '../faults/reads.js';
import type { System } from '../helpers/system.js';
import type { Context } from './away-context.js';

/** The bridge's sweep ends orders whose workflow cannot end them. */

const test = anyTest as TestFn<Context>;

const buyWithShortWindow = async ({ shortWindowCustomers }: System): Promise<Placed> =>
  (await shortWindowCustomers.buy(1, [{ sku: 'mug', quantity: 1 }])).body;

/** Checks only the database and the API: Temporal may not have the order. */
async function ended({ pool }: System, { orderId }: Placed): Promise<string> {
  const order = await until(
    `order ${orderId} to end`,
    () => findOrder(pool, orderId),
    (found) => found?.view.status !== 'placed',
  );
  return `${order?.view.status} ${order?.view.cancelReason}`;
}

test.serial(
  'a payment pays at once and unpaid orders end while RabbitMQ and Temporal are away for longer than the window',
  async (t) => {
    const { system, gates } = t.context;
    const away = [gates.rabbitmq, gates.temporal];
    for (const gate of away) {
      gate.refuse(true);
      gate.cut();
    }
    const before = await system.observer.stockOf('mug');
    const [unpaid, paid] = [await buyWithShortWindow(system), await buyWithShortWindow(system)];
    const { paymentId, answers } = await pay(system, paid);
    t.deepEqual(answers, [204]);
    t.is((await system.customers.look(paid)).status, 'paid');
    t.is(await ended(system, unpaid), 'canceled payment-window-expired');
    t.is(await ended(system, paid), 'paid null');
    t.is((await findPayment(system.pool, paymentId))?.status, 'accepted');
    const after = await system.observer.stockOf('mug');
    t.deepEqual([after.available, after.sold], [before.available - 1, before.sold + 1]);
    await until(
      'nothing to be overdue',
      () => metric(system.bridgeUrl(), 'orders_overdue'),
      (overdue) => overdue === 0,
    );
    t.is(await metric(system.bridgeUrl(), 'orders_swept_total', { what: 'overdue' }), 1);

    for (const gate of away) gate.refuse(false);
    // The messages that the outbox held until now start workflows, which find their orders ended.
    for (const { orderId } of [unpaid, paid]) {
      await until(
        'its workflow to have ended',
        () => statusOf(system, orderWorkflowId(orderId)),
        (status) => status === 'COMPLETED',
      );
    }
    t.deepEqual((await system.audit()).findings, []);
  },
);

test.serial(
  'an order whose workflow has no worker ends after its deadline, and the workflow later reads this end',
  async (t) => {
    const { system } = t.context;
    await system.stop('worker');
    const order = await buyWithShortWindow(system);
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
