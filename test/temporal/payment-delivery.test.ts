import test from 'ava';
import { isUnavailable, unavailable } from '../../src/domain/errors.js';
import type { OrderStatus, OrderView } from '../../src/domain/order.js';
import { createCancelRequests } from '../../src/temporal/cancel-requests.js';
import { createPaymentDelivery } from '../../src/temporal/payment-delivery.js';
import { createOrder, inputOf, startClient } from '../helpers/temporal.js';

const viewOf = (status: OrderStatus): OrderView => ({
  ...createOrder(),
  status,
  cancelReason: null,
  settledAt: null,
  refund: 'none',
});

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
    deliver: (status: Parameters<typeof deliver>[0]['status']) => deliver({ paymentId, orderId, status }),
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

test('a payment that overtakes the queue starts the order', async (t) => {
  const order = viewOf('placed');
  const { deliver, running, signalsOf } = start(t, order);
  await deliver('received');
  t.deepEqual(await signalsOf(order), ['paymentReceived']);
  t.deepEqual(await running(), { order: true, late: false, refund: false });
});

test('a payment whose order ends meanwhile gets a workflow of its own', async (t) => {
  const order = viewOf('placed');
  const { workflows, deliver, running, end } = start(t, order);
  await workflows.startOrder(inputOf(order));
  await end(order);
  await deliver('received');
  t.deepEqual(await running(), { order: false, late: true, refund: false });
});

for (const status of ['paid', 'canceled'] as const) {
  test(`a payment for a ${status} order gets a workflow of its own`, async (t) => {
    const { deliver, running } = start(t, viewOf(status));
    await deliver('received');
    t.deepEqual(await running(), { order: false, late: true, refund: false });
  });
}

test('a payment for an unknown order gets a workflow of its own', async (t) => {
  const { deliver, running } = start(t, undefined);
  await deliver('received');
  t.deepEqual(await running(), { order: false, late: true, refund: false });
});

test('a payment that must go back gets a refund workflow', async (t) => {
  const { deliver, running } = start(t, viewOf('placed'));
  await deliver('refund_required');
  t.deepEqual(await running(), { order: false, late: false, refund: true });
});

for (const status of ['accepted', 'refunded', 'unplaced', 'refund_failed', 'closed'] as const) {
  test(`a payment that is ${status} asks for nothing`, async (t) => {
    const { deliver, running } = start(t, viewOf('placed'));
    await deliver(status);
    t.deepEqual(await running(), { order: false, late: false, refund: false });
  });
}

test('a payment may be delivered again at any time', async (t) => {
  const { deliver, running } = start(t, viewOf('canceled'));
  await deliver('received');
  await t.notThrowsAsync(deliver('received'));
  t.deepEqual(await running(), { order: false, late: true, refund: false });
});

test('a cancel of a placed order is requested from its workflow', async (t) => {
  const order = viewOf('placed');
  const { workflows, signalsOf } = start(t, order);
  const cancel = createCancelRequests({ workflows, findOrder: async () => order });
  t.is(await cancel(order.orderId, 'customer-request'), 'requested');
  t.deepEqual(await signalsOf(order), ['cancelRequested']);
});

test('a cancel that is repeated is one signal', async (t) => {
  const order = viewOf('placed');
  const { workflows, signalsOf } = start(t, order);
  const cancel = createCancelRequests({ workflows, findOrder: async () => order });
  for (let index = 0; index < 50; index++) t.is(await cancel(order.orderId, 'customer-request'), 'requested');
  t.deepEqual(await signalsOf(order), ['cancelRequested']);
});

for (const status of ['paid', 'canceled'] as const) {
  test(`a cancel of a ${status} order returns its status, and signals no workflow`, async (t) => {
    const order = viewOf(status);
    const { workflows, running } = start(t, order);
    const cancel = createCancelRequests({ workflows, findOrder: async () => order });
    t.is(await cancel(order.orderId, 'customer-request'), status);
    t.false((await running()).order);
  });
}

test('a cancel of an order that ended meanwhile returns its status', async (t) => {
  const order = viewOf('placed');
  const { workflows, end } = start(t, order);
  await workflows.startOrder(inputOf(order));
  await end(order);
  const answers = [order, { ...order, status: 'paid' as const }];
  const cancel = createCancelRequests({ workflows, findOrder: async () => answers.shift() });
  t.is(await cancel(order.orderId, 'customer-request'), 'paid');
});

test('a cancel of an unknown order returns unknown', async (t) => {
  const { workflows } = start(t, undefined);
  const cancel = createCancelRequests({ workflows, findOrder: async () => undefined });
  t.is(await cancel(createOrder().orderId, 'customer-request'), 'unknown');
});

test('a database that is away is an outage for a cancel and for a payment', async (t) => {
  const { workflows } = startClient(t);
  const findOrder = () => Promise.reject(unavailable('MySQL', new Error('away')));
  const deliver = createPaymentDelivery({ workflows, findOrder });
  const cancel = createCancelRequests({ workflows, findOrder });
  const { orderId } = createOrder();
  t.true(isUnavailable(await t.throwsAsync(deliver({ paymentId: 'pay-1', orderId, status: 'received' }))));
  t.true(isUnavailable(await t.throwsAsync(cancel(orderId, 'customer-request'))));
});
