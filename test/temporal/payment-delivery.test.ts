import test from 'ava';
import { isUnavailable, unavailable } from '../../src/domain/errors.js';
import type { OrderStatus, OrderView } from '../../src/domain/order.js';
import type { PaymentStatus } from '../../src/domain/settlement.js';
import { createPaymentDelivery } from '../../src/temporal/payment-delivery.js';
import { createOrder, inputOf, startClient } from '../helpers/temporal.js';

const viewOf = (status: OrderStatus): OrderView => ({
  ...createOrder(),
  status,
  cancelReason: null,
  settledAt: null,
  refund: 'none',
});

const money = { amount: 2500, currency: 'EUR', refundReason: 'order-canceled' } as const;

/** A delivery for one order of the database, and its effects in Temporal. */
function start(t: Parameters<typeof startClient>[0], order: OrderView | undefined) {
  const under = startClient(t);
  const orderId = order?.orderId ?? createOrder().orderId;
  const paymentId = `pay-${orderId}`;
  const deliver = createPaymentDelivery({ workflows: under.workflows, findOrder: async () => order });
  const runs = async (id: string): Promise<boolean> =>
    await under.client.workflow
      .getHandle(id)
      .describe()
      .then(
        ({ status }) => status.name === 'RUNNING',
        () => false,
      );
  return {
    ...under,
    deliver: (status: PaymentStatus) => deliver({ ...money, paymentId, orderId, status }),
    running: async () => ({
      order: await runs(`order:${orderId}`),
      late: await runs(`payment:${paymentId}`),
      refund: await runs(`refund:${paymentId}`),
    }),
  };
}

test('a payment for a placed order is signaled to its workflow', async (t) => {
  const order = viewOf('placed');
  const { workflows, deliver, running, signalsOf } = start(t, order);
  await workflows.startOrder(inputOf(order));
  await deliver('received');
  t.deepEqual(await signalsOf(order), ['paymentReceived']);
  t.deepEqual(await running(), { order: true, late: false, refund: false });
});

test("a payment that arrives before the order's message starts the order", async (t) => {
  const order = viewOf('placed');
  const { deliver, running, signalsOf } = start(t, order);
  await deliver('received');
  t.deepEqual(await signalsOf(order), ['paymentReceived']);
  t.deepEqual(await running(), { order: true, late: false, refund: false });
});

for (const status of ['received', 'accepted', 'refund_required'] as const) {
  const isLate = status !== 'accepted';
  test(`a payment that is ${status} ${isLate ? 'gets its own workflow' : 'starts no workflow'} after the end of its order's workflow`, async (t) => {
    const order = viewOf('placed');
    const { workflows, deliver, running, end } = start(t, order);
    await workflows.startOrder(inputOf(order));
    await end(order);
    await deliver(status);
    t.deepEqual(await running(), { order: false, late: isLate, refund: false });
  });
}

test('the payment that pays an order is signaled to its workflow, with the order as paid', async (t) => {
  const order = { ...viewOf('paid'), settledAt: new Date() };
  const { deliver, running, argumentsOf } = start(t, order);
  t.true(await deliver('accepted'));
  t.like(await argumentsOf(order), [{ paymentId: `pay-${order.orderId}`, order: { status: 'paid', refund: null } }]);
  t.deepEqual(await running(), { order: true, late: false, refund: false });
});

test('a payment of a wrong amount is signaled to its placed order, with the refund', async (t) => {
  const order = viewOf('placed');
  const { deliver, argumentsOf } = start(t, order);
  await deliver('refund_required');
  const refund = { paymentId: `pay-${order.orderId}`, reason: 'order-canceled', price: '25.00 EUR' };
  t.like(await argumentsOf(order), [{ order: { status: 'placed', refund } }]);
});

for (const status of ['received', 'refund_required'] as const) {
  test(`a payment that is ${status} gets its own workflow when its order has ended`, async (t) => {
    const { deliver, running } = start(t, viewOf('canceled'));
    await deliver(status);
    t.deepEqual(await running(), { order: false, late: true, refund: false });
  });
}

test('a payment that was accepted long ago starts no second workflow of its order', async (t) => {
  const { deliver, running } = start(t, { ...viewOf('paid'), settledAt: new Date(Date.now() - 3_600_000) });
  t.false(await deliver('accepted'));
  t.deepEqual(await running(), { order: false, late: false, refund: false });
});

test('an undecided payment for an unknown order gets its own workflow', async (t) => {
  const { deliver, running } = start(t, undefined);
  await deliver('received');
  t.deepEqual(await running(), { order: false, late: true, refund: false });
});

test('a payment for an unknown order that must be refunded gets a refund workflow', async (t) => {
  const { deliver, running } = start(t, undefined);
  await deliver('refund_required');
  t.deepEqual(await running(), { order: false, late: false, refund: true });
});

for (const status of ['refunded', 'unplaced', 'refund_failed', 'closed'] as const) {
  test(`a payment that is ${status} starts nothing`, async (t) => {
    const { deliver, running } = start(t, viewOf('placed'));
    await deliver(status);
    t.deepEqual(await running(), { order: false, late: false, refund: false });
  });
}

test('a payment may be delivered again at any time', async (t) => {
  const order = viewOf('placed');
  const { workflows, deliver, running, end } = start(t, order);
  await workflows.startOrder(inputOf(order));
  await end(order);
  await deliver('refund_required');
  await t.notThrowsAsync(deliver('refund_required'));
  t.deepEqual(await running(), { order: false, late: true, refund: false });
});

test('a database that is away is an outage for a delivery', async (t) => {
  const { workflows } = startClient(t);
  const findOrder = () => Promise.reject(unavailable('MySQL', new Error('away')));
  const deliver = createPaymentDelivery({ workflows, findOrder });
  const { orderId } = createOrder();
  t.true(isUnavailable(await t.throwsAsync(deliver({ ...money, paymentId: 'pay-1', orderId, status: 'received' }))));
});
