import { randomUUID } from 'node:crypto';
import test from 'ava';
import { until } from '../../src/cli/story/until.js';
import type { SettlementCause } from '../../src/domain/settlement.js';
import { orderWorkflowId } from '../../workflows/contract.js';
import { cancelRequested, orderState, paymentReceived } from '../../workflows/messages.js';
import { dropSdkLogs, type Life, standing, withLife } from './life.js';

dropSdkLogs();

const untilCauses = (life: Life, count: number) =>
  until(
    `${count} causes to be settled`,
    async () => life.causes.length,
    (causes) => causes >= count,
  );

test('an order that waited longer than its window is settled at once, without a timer', async (t) => {
  await withLife({}, async (life) => {
    const order = await life.begin(new Date(Date.now() - 1));
    await order.result();
    const { events } = await order.fetchHistory();
    t.false(events?.some(({ timerStartedEventAttributes }) => timerStartedEventAttributes));
    t.deepEqual(life.causes, [{ kind: 'expired' }]);
  });
});

test("the workflow waits for the database's deadline when the database's clock is behind", async (t) => {
  let early = true;
  const settleOrder = async (orderId: string) => {
    if (!early) return standing(orderId, { status: 'canceled', cancelReason: 'payment-window-expired' });
    early = false;
    return standing(orderId, { expiresAt: new Date(Date.now() - 1).toISOString(), expiresInMs: 700 });
  };
  await withLife({ settleOrder }, async (life) => {
    const order = await life.begin(new Date(Date.now() - 1));
    await order.result();
    const { events } = await order.fetchHistory();
    const timer = events?.find(({ timerStartedEventAttributes }) => timerStartedEventAttributes);
    t.is(timer?.timerStartedEventAttributes?.startToFireTimeout?.nanos, 700e6);
    t.deepEqual(life.causes, [{ kind: 'expired' }, { kind: 'expired' }]);
  });
});

test('an order that costs nothing is shown as paid and closes in its first task', async (t) => {
  const recordOrder = async (orderId: string) =>
    standing(orderId, { status: 'paid', paymentId: null, paidReason: 'nothing-to-pay' });
  await withLife({ recordOrder }, async (life) => {
    const orderId = randomUUID();
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    await life.workflows.startOrder({ orderId, userId: 1, amount: 0, currency: 'EUR', expiresAt });
    const order = life.client.workflow.getHandle(orderWorkflowId(orderId));
    t.like(await order.result(), { status: 'paid', paidReason: 'nothing-to-pay' });
    const { events } = await order.fetchHistory();
    t.is(events?.filter(({ workflowTaskCompletedEventAttributes: task }) => task).length, 1);
    t.false(events?.some(({ timerStartedEventAttributes: timer }) => timer));
    t.deepEqual(life.causes, []);
    t.is((await order.query(orderState))?.status, 'paid');
    const { currentDetails } = await order.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    t.regex(currentDetails, /^\*\*Paid\*\*: the order costs nothing\. The stock is sold\.$/);
  });
});

test("a payment ends the wait, and the query returns the order's status", async (t) => {
  await withLife({}, async (life) => {
    const order = await life.begin();
    const placed = await until('the order to be recorded', () => order.query(orderState), Boolean);
    t.is(placed?.status, 'placed');
    await order.signal(paymentReceived, { paymentId: 'p1' });
    t.is(((await order.result()) as { status: string }).status, 'paid');
    t.is((await order.query(orderState))?.status, 'paid');
  });
});

test('a refund that the provider does not accept delays neither the next payment nor the end', async (t) => {
  let providerIsBack: () => void = () => undefined;
  const back = new Promise<void>((resolve) => {
    providerIsBack = resolve;
  });
  const settleOrder = async (orderId: string, cause: SettlementCause) =>
    cause.kind === 'payment' && cause.paymentId === 'wrong'
      ? standing(orderId, { refund: { paymentId: 'wrong', reason: 'amount-mismatch' } })
      : standing(orderId, { status: 'paid' });
  const refundPayment = async (paymentId: string) => {
    await back;
    return { refundId: paymentId };
  };
  await withLife({ settleOrder, refundPayment }, async (life) => {
    const order = await life.begin();
    await order.signal(paymentReceived, { paymentId: 'wrong' });
    await untilCauses(life, 1);
    await order.signal(paymentReceived, { paymentId: 'right' });
    await until(
      'the order to be paid',
      () => order.query(orderState),
      (state) => state?.status === 'paid',
    );
    const { status } = await order.describe();
    const refunded = [...life.refunded];
    // The refund ends before the assertions: otherwise the worker would wait for it after a failed assertion.
    providerIsBack();
    t.is(status.name, 'RUNNING', 'money is still owed');
    t.deepEqual(refunded, []);
    await order.result();
    t.deepEqual(life.refunded, ['wrong']);
  });
});

test('the details of an order name what was bought, which payment paid, and what is refunded', async (t) => {
  const settleOrder = async (orderId: string, cause: SettlementCause) =>
    cause.kind === 'payment' && cause.paymentId === 'wrong'
      ? standing(orderId, { refund: { paymentId: 'wrong', reason: 'amount-mismatch', price: '0.01 EUR' } })
      : standing(orderId, { status: 'paid', paymentId: 'right' });
  await withLife({ settleOrder }, async (life) => {
    const order = await life.begin();
    const details = async () =>
      (await order.query<{ currentDetails: string }>('__temporal_workflow_metadata')).currentDetails;
    await until('the order to be placed', details, (text) =>
      text.startsWith('**Placed.** 2 × mug-red for 25.00 EUR. '),
    );
    await order.signal(paymentReceived, { paymentId: 'wrong' });
    await until('the refund', details, (text) =>
      text.includes('0.01 EUR of payment `wrong` goes back: amount-mismatch.'),
    );
    await order.signal(paymentReceived, { paymentId: 'right' });
    await order.result();
    t.regex(await details(), /^\*\*Paid\*\* by payment `right`\. 2 × mug-red for 25\.00 EUR\. The stock is sold\./);
  });
});

test('a payment that arrives during a settlement is settled before the workflow closes', async (t) => {
  let settling: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    settling = resolve;
  });
  let goOn: () => void = () => undefined;
  const allowed = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const settleOrder = async (orderId: string, cause: SettlementCause) => {
    settling();
    await allowed;
    const refund = cause.kind === 'payment' ? ({ paymentId: 'late', reason: 'order-canceled' } as const) : null;
    return standing(orderId, { status: 'canceled', cancelReason: 'customer-request', refund });
  };
  await withLife({ settleOrder }, async (life) => {
    const order = await life.begin();
    await order.signal(cancelRequested, { reason: 'customer-request' });
    await begun;
    await order.signal(paymentReceived, { paymentId: 'late' });
    goOn();
    await order.result();
    t.deepEqual(life.causes, [
      { kind: 'cancel', reason: 'customer-request' },
      { kind: 'payment', paymentId: 'late' },
    ]);
    t.deepEqual(life.refunded, ['late']);
  });
});

test("an operator's Cancel in the Web UI settles the order and completes the workflow", async (t) => {
  await withLife({}, async (life) => {
    const order = await life.begin();
    await until('the order to be recorded', () => order.query(orderState), Boolean);
    await order.cancel();
    await order.result();
    t.deepEqual(life.causes, [{ kind: 'cancel', reason: 'operator-request' }]);
    t.is((await order.describe()).status.name, 'COMPLETED');
  });
});

test('each activity and the timer have a summary in the timeline', async (t) => {
  await withLife({}, async (life) => {
    const order = await life.begin();
    await until('the order to be recorded', () => order.query(orderState), Boolean);
    await order.signal(paymentReceived, { paymentId: 'p1' });
    await order.result();
    const { events } = await order.fetchHistory();
    const summaries = events?.flatMap(({ userMetadata }) =>
      userMetadata?.summary?.data ? [Buffer.from(userMetadata.summary.data).toString()] : [],
    );
    const texts = summaries?.map((text) => text.replaceAll(/[0-9TZ.:-]{20,}/g, 'DEADLINE'));
    t.deepEqual(
      [...new Set(texts)],
      ['"write the order and its items"', '"hold the stock until DEADLINE"', '"settle: payment p1"'],
    );
    const { typedSearchAttributes } = await order.describe();
    t.is(JSON.stringify(typedSearchAttributes).includes('paid'), true);
  });
});
