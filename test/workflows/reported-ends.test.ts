import { randomUUID } from 'node:crypto';
import test from 'ava';
import { until } from '../../src/cli/story/until.js';
import { ORDER_WORKFLOW, type OrderStanding, orderIdOf, orderWorkflowId } from '../../workflows/contract.js';
import { cancelRequested, orderState, paymentReceived } from '../../workflows/messages.js';
import { dropSdkLogs, type Life, standing, withLife } from './life.js';

/** Signals with the database's decision: the workflow follows the decision and does not read the database. */

dropSdkLogs();

const paid = (orderId: string, more: Partial<OrderStanding> = {}) =>
  standing(orderId, { status: 'paid', paymentId: 'p1', ...more });
const canceled = (orderId: string) => standing(orderId, { status: 'canceled', cancelReason: 'customer-request' });

const orderToStart = () => ({
  orderId: randomUUID(),
  userId: 7,
  items: [{ sku: 'mug-red', quantity: 2, unitPrice: 1250 }],
  amount: 2500,
  currency: 'EUR',
  createdAt: new Date(),
  expiresAt: new Date(Date.now() + 60_000),
});

/** Begins an order, and waits until the workflow has recorded the order. */
async function recorded(life: Life) {
  const order = await life.begin();
  await until('the order to be recorded', () => order.query(orderState), Boolean);
  return { order, orderId: orderIdOf(order.workflowId) };
}

test('a reported payment ends the workflow without a settlement', async (t) => {
  await withLife({}, async (life) => {
    const { order, orderId } = await recorded(life);
    await order.signal(paymentReceived, { paymentId: 'p1', order: paid(orderId) });
    t.like(await order.result(), { status: 'paid', paymentId: 'p1' });
    t.deepEqual(life.causes, []);
    t.like(await order.query(orderState), { status: 'paid' });
  });
});

test('a reported cancel ends the workflow without a settlement', async (t) => {
  await withLife({}, async (life) => {
    const { order, orderId } = await recorded(life);
    await order.signal(cancelRequested, { reason: 'customer-request', order: canceled(orderId) });
    t.like(await order.result(), { status: 'canceled', cancelReason: 'customer-request' });
    t.deepEqual(life.causes, []);
  });
});

test('an order whose end is reported before its message closes in one workflow task, without an activity', async (t) => {
  await withLife({}, async ({ client, workflows, causes }) => {
    const order = orderToStart();
    await workflows.reportPayment(order, { paymentId: 'p1', order: paid(order.orderId) });
    const handle = client.workflow.getHandle(orderWorkflowId(order.orderId));
    t.like(await handle.result(), { status: 'paid' });
    const { events } = await handle.fetchHistory();
    t.deepEqual(
      events?.filter(({ activityTaskScheduledEventAttributes }) => activityTaskScheduledEventAttributes),
      [],
    );
    t.is(events?.filter(({ workflowTaskStartedEventAttributes }) => workflowTaskStartedEventAttributes).length, 1);
    t.deepEqual(causes, []);
    t.is(await workflows.startOrder({ ...order, expiresAt: order.expiresAt.toISOString() }), 'already-started');
  });
});

test('a paid order has seven events beside its workflow tasks, and no event of an activity', async (t) => {
  await withLife({}, async ({ client, workflows }) => {
    const order = orderToStart();
    await workflows.startOrder({ ...order, expiresAt: order.expiresAt.toISOString() });
    const handle = client.workflow.getHandle(orderWorkflowId(order.orderId));
    await until('the order to be recorded', () => handle.query(orderState), Boolean);
    await workflows.reportPayment(order, { paymentId: 'p1', order: paid(order.orderId) });
    t.like(await handle.result(), { status: 'paid' });
    const { events } = await handle.fetchHistory();
    // On a busy machine a workflow's task may run twice, so the tasks are left out: two of three events each.
    const types = (events ?? []).map((event) => Object.keys(event).find((key) => key.endsWith('EventAttributes')));
    t.deepEqual(
      types.filter((type) => !type?.startsWith('workflowTask')),
      [
        'workflowExecutionStartedEventAttributes',
        'markerRecordedEventAttributes',
        'timerStartedEventAttributes',
        'workflowExecutionSignaledEventAttributes',
        'timerCanceledEventAttributes',
        'upsertWorkflowSearchAttributesEventAttributes',
        'workflowExecutionCompletedEventAttributes',
      ],
    );
  });
});

test('an order that cannot be recorded locally is recorded by an activity, whose attempts are visible', async (t) => {
  let attempts = 0;
  const recordOrder = async (orderId: string) => {
    if (++attempts < 3) throw new Error('the database is away');
    return standing(orderId);
  };
  await withLife({ recordOrder }, async ({ client, workflows }) => {
    const order = orderToStart();
    await workflows.startOrder({ ...order, expiresAt: order.expiresAt.toISOString() });
    const handle = client.workflow.getHandle(orderWorkflowId(order.orderId));
    await until('the order to be recorded', () => handle.query(orderState), Boolean);
    const { events } = await handle.fetchHistory();
    const started = events?.find(({ activityTaskStartedEventAttributes }) => activityTaskStartedEventAttributes);
    t.is(started?.activityTaskStartedEventAttributes?.attempt, 2);
    t.is(attempts, 3);
    await handle.terminate('by the test');
  });
});

test('a reported payment of a wrong amount is refunded, and the order continues to wait', async (t) => {
  await withLife({}, async (life) => {
    const { order, orderId } = await recorded(life);
    const refund = { paymentId: 'wrong', reason: 'amount-mismatch', price: '1.00 EUR' } as const;
    await order.signal(paymentReceived, { paymentId: 'wrong', order: standing(orderId, { refund }) });
    await until(
      'the refund',
      async () => life.refunded,
      ({ length }) => length === 1,
    );
    t.like(await order.query(orderState), { status: 'placed' });
    await order.signal(paymentReceived, { paymentId: 'p1', order: paid(orderId) });
    t.like(await order.result(), { status: 'paid' });
    t.deepEqual([life.refunded, life.causes], [['wrong'], []]);
  });
});

test('a reported refund of a placed order changes no deadline', async (t) => {
  await withLife({}, async (life) => {
    const { order, orderId } = await recorded(life);
    const before = await order.query(orderState);
    const refund = { paymentId: 'wrong', reason: 'amount-mismatch' } as const;
    const forged = standing(orderId, { refund, expiresAt: '2000-01-01T00:00:00.000Z' });
    await order.signal(paymentReceived, { paymentId: 'wrong', order: forged });
    await until(
      'the refund',
      async () => life.refunded,
      ({ length }) => length === 1,
    );
    t.like(await order.query(orderState), { status: 'placed', expiresAt: String(before?.expiresAt) });
    await order.signal(paymentReceived, { paymentId: 'p1', order: paid(orderId) });
    t.like(await order.result(), { status: 'paid' });
    t.deepEqual(life.causes, []);
  });
});

test('an older report that comes after the end causes only its refund', async (t) => {
  let isBack: () => void = () => undefined;
  const back = new Promise<void>((resolve) => {
    isBack = resolve;
  });
  const refundPayment = async (paymentId: string) => {
    if (paymentId === 'late') await back;
    return { refundId: paymentId };
  };
  await withLife({ refundPayment }, async (life) => {
    const { order, orderId } = await recorded(life);
    const late = { paymentId: 'late', reason: 'order-already-paid' } as const;
    await order.signal(paymentReceived, { paymentId: 'late', order: paid(orderId, { refund: late }) });
    const wrong = { paymentId: 'wrong', reason: 'amount-mismatch' } as const;
    await order.signal(paymentReceived, { paymentId: 'wrong', order: standing(orderId, { refund: wrong }) });
    await until(
      'the second refund',
      async () => life.refunded,
      ({ length }) => length === 1,
    );
    t.like(await order.query(orderState), { status: 'paid' });
    isBack();
    t.like(await order.result(), { status: 'paid', paymentId: 'p1' });
    t.deepEqual(life.refunded.toSorted(), ['late', 'wrong']);
  });
});

const forged: Readonly<Record<string, (orderId: string) => unknown>> = {
  'no order': () => 'paid',
  'another order': () => paid(randomUUID()),
  'a status that is none': (orderId) => paid(orderId, { status: 'free' as never }),
  'an order that is placed, and no refund': (orderId) => standing(orderId),
  'a deadline that is no time': (orderId) => paid(orderId, { expiresAt: 'soon' }),
  'a refund without a payment': (orderId) => paid(orderId, { refund: { reason: 'order-canceled' } as never }),
  'a reason that is no reason': (orderId) => paid(orderId, { cancelReason: 'DROP TABLE' as never }),
};

for (const [what, order] of Object.entries(forged)) {
  test(`a signal that reports ${what} is settled by the database`, async (t) => {
    await withLife({}, async (life) => {
      const { order: handle, orderId } = await recorded(life);
      await handle.signal('paymentReceived', { paymentId: 'p1', order: order(orderId) });
      t.like(await handle.result(), { status: 'paid' });
      t.deepEqual(life.causes, [{ kind: 'payment', paymentId: 'p1' }]);
    });
  });
}

test('a recorded order is ended by one report, and by no second report', async (t) => {
  await withLife({}, async (life) => {
    const { order, orderId } = await recorded(life);
    for (let index = 0; index < 20; index++) {
      await order.signal(paymentReceived, { paymentId: 'p1', order: paid(orderId) }).catch(() => 'it has ended');
    }
    t.like(await order.result(), { status: 'paid' });
    const { events } = await life.client.workflow.getHandle(orderWorkflowId(orderId)).fetchHistory();
    // The SDK's marker of a version is an attribute too.
    const upserts = events?.filter(
      ({ upsertWorkflowSearchAttributesEventAttributes: upsert }) =>
        upsert?.searchAttributes?.indexedFields?.['OrderStatus'],
    );
    t.is(upserts?.length, 1);
    t.is(events?.[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name, ORDER_WORKFLOW);
  });
});
