import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { until } from '../../src/cli/story/until.js';
import type { Order } from '../../src/domain/order.js';
import type { SettlementCause } from '../../src/domain/settlement.js';
import {
  captureWorkflowId,
  latePaymentWorkflowId,
  type OrderActivities,
  type OrderStanding,
  orderRefundWorkflowId,
  orderWorkflowId,
  refundWorkflowId,
} from '../../workflows/contract.js';
import { orderState } from '../../workflows/messages.js';
import { createOrder } from '../helpers/temporal.js';
import { type Answers, type Life, standing } from './life.js';

/**
 * Each kind of life that a workflow can have, on a real Temporal server. `npm run histories` runs them and records
 * their histories; `replay.test.ts` replays the recorded histories with the workflows of today.
 */
export interface RecordedLife {
  readonly name: string;
  readonly answers?: Answers;
  /** Resolves with the workflow at the moment of the recording: the workflow has ended, or is open. */
  readonly play: (life: Life) => Promise<WorkflowHandle>;
}

const PAYMENT = 'pay_1';

const orderUntil = (afterMs: number): Order => ({ ...createOrder(), expiresAt: new Date(Date.now() + afterMs) });

const canceled = (orderId: string, more: Partial<OrderStanding>) => standing(orderId, { status: 'canceled', ...more });

const paid = (orderId: string) => standing(orderId, { status: 'paid', paymentId: PAYMENT });

/** A payment that a canceled order does not accept. */
const owed = { paymentId: PAYMENT, reason: 'order-canceled' } as const;

const away = async (): Promise<never> => {
  throw ApplicationFailure.retryable('it does not answer', 'dependency-unavailable');
};

function failingOnce<A extends unknown[], T>(answer: (...args: A) => Promise<T>): (...args: A) => Promise<T> {
  let failed = false;
  return async (...args) => {
    if (failed) return await answer(...args);
    failed = true;
    return await away();
  };
}

async function start(life: Life, order: Order): Promise<WorkflowHandle> {
  await life.workflows.startOrder({ ...order, expiresAt: order.expiresAt.toISOString() });
  return life.client.workflow.getHandle(orderWorkflowId(order.orderId));
}

/** An order that waits for its payment: recorded, with its timer running. */
async function placed(life: Life): Promise<{ readonly order: Order; readonly workflow: WorkflowHandle }> {
  const order = orderUntil(600_000);
  const workflow = await start(life, order);
  await until('the order to be recorded', () => workflow.query(orderState), Boolean);
  return { order, workflow };
}

const statusIs = (workflow: WorkflowHandle, status: string) =>
  until(
    `the order to be ${status}`,
    () => workflow.query(orderState),
    (state) => state?.status === status,
  );

async function ended(workflow: WorkflowHandle): Promise<WorkflowHandle> {
  await workflow.result();
  return workflow;
}

/** The recorded deadline of an order is ten minutes ahead, unless the life is about another deadline. */
const recordOrder: OrderActivities['recordOrder'] = async (orderId) =>
  standing(orderId, { expiresAt: new Date(Date.now() + 600_000).toISOString() });

/** The second reading finds another deadline. */
function movedAt(...afterMs: readonly number[]): OrderActivities['recordOrder'] {
  const left = [...afterMs];
  return async (orderId) => {
    const ms = (left.length > 1 ? left.shift() : left[0]) ?? 0;
    return standing(orderId, { expiresAt: new Date(Date.now() + ms).toISOString(), expiresInMs: ms });
  };
}

/** The reminder is due a second after the first reading. */
const remindedAt = (...afterMs: readonly number[]): OrderActivities['recordOrder'] => {
  const read = movedAt(...afterMs);
  return async (orderId) => ({ ...(await read(orderId)), remindBeforeMs: 599_000 });
};

const timersOf = async (workflow: WorkflowHandle): Promise<number> =>
  ((await workflow.fetchHistory()).events ?? []).filter((event) => event.timerStartedEventAttributes).length;

const recordedLate: OrderActivities['recordOrder'] = async (orderId) =>
  standing(orderId, { expiresAt: new Date(Date.now() - 1).toISOString(), expiresInMs: -1 });

const recordedWithin =
  (ms: number, remindBeforeMs?: number): OrderActivities['recordOrder'] =>
  async (orderId) =>
    standing(orderId, {
      ...{ expiresAt: new Date(Date.now() + ms).toISOString(), expiresInMs: ms },
      ...(remindBeforeMs !== undefined && { remindBeforeMs }),
    });

const remindersAre = (life: Life, count: number) =>
  until(
    `${count} reminders`,
    async () => life.reminded.length,
    (reminders) => reminders === count,
  );

/** At the deadline the order waits until its payments are closed, then ends. */
function closingThen(status: 'paid' | 'canceled', forMs = 10_000): OrderActivities['settleOrder'] {
  const asked = new Set<string>();
  return async (orderId) => {
    if (asked.has(orderId)) {
      return status === 'paid' ? paid(orderId) : canceled(orderId, { cancelReason: 'payment-window-expired' });
    }
    asked.add(orderId);
    return standing(orderId, { expiresAt: new Date().toISOString(), expiresInMs: forMs, closesPayments: true });
  };
}

function canceledBy(reason: 'customer-request' | 'legacy-timeout' | 'operator-request'): RecordedLife {
  return {
    name: `canceled-by-${reason}`,
    answers: { recordOrder, settleOrder: async (orderId) => canceled(orderId, { cancelReason: reason }) },
    async play(life) {
      const { order, workflow } = await placed(life);
      await life.workflows.requestCancel(order, { reason });
      return await ended(workflow);
    },
  };
}

const cancelThenPayment = async (orderId: string, cause: SettlementCause) =>
  canceled(orderId, { cancelReason: 'customer-request', refund: cause.kind === 'payment' ? owed : null });

/** The order is canceled, a payment arrives for the canceled order, and the provider does not refund the payment. */
async function refundUnderWay(life: Life): Promise<WorkflowHandle> {
  const { order, workflow } = await placed(life);
  await life.workflows.reportPayment(order, { paymentId: PAYMENT });
  await statusIs(workflow, 'canceled');
  return workflow;
}

export const recordedLives: readonly RecordedLife[] = [
  {
    name: 'open-waits-for-payment',
    answers: { recordOrder },
    play: async (life) => (await placed(life)).workflow,
  },
  {
    name: 'open-not-recorded-yet',
    answers: { recordOrder: away },
    async play(life) {
      const workflow = await start(life, orderUntil(600_000));
      await until(
        'the record to be under way',
        () => workflow.describe(),
        ({ raw }) => (raw.pendingActivities ?? []).length > 0,
      );
      return workflow;
    },
  },
  {
    name: 'paid',
    answers: { recordOrder },
    async play(life) {
      const { order, workflow } = await placed(life);
      await life.workflows.reportPayment(order, { paymentId: PAYMENT });
      return await ended(workflow);
    },
  },
  {
    name: 'paid-at-its-checkout',
    answers: {
      recordOrder: async (orderId) => standing(orderId, { status: 'paid', paidReason: 'nothing-to-pay' }),
    },
    play: async (life) => await ended(await start(life, { ...orderUntil(600_000), amount: 0 })),
  },
  {
    name: 'paid-reported',
    answers: { recordOrder },
    async play(life) {
      const { order, workflow } = await placed(life);
      await life.workflows.reportPayment(order, { paymentId: PAYMENT, order: paid(order.orderId) });
      return await ended(workflow);
    },
  },
  {
    name: 'paid-reported-before-the-message',
    answers: { recordOrder },
    async play(life) {
      const order = orderUntil(600_000);
      await life.workflows.reportPayment(order, { paymentId: PAYMENT, order: paid(order.orderId) });
      return await ended(life.client.workflow.getHandle(orderWorkflowId(order.orderId)));
    },
  },
  {
    name: 'wrong-amount-and-cancel-reported',
    answers: { recordOrder },
    async play(life) {
      const { order, workflow } = await placed(life);
      const refund = { paymentId: PAYMENT, reason: 'amount-mismatch', price: '1.00 EUR' } as const;
      await life.workflows.reportPayment(order, { paymentId: PAYMENT, order: standing(order.orderId, { refund }) });
      const reason = 'customer-request';
      const end = canceled(order.orderId, { cancelReason: reason });
      await life.workflows.requestCancel(order, { reason, order: end });
      return await ended(workflow);
    },
  },
  {
    name: 'paid-before-the-message',
    answers: { recordOrder },
    async play(life) {
      const order = orderUntil(600_000);
      await life.workflows.reportPayment(order, { paymentId: PAYMENT });
      return await ended(life.client.workflow.getHandle(orderWorkflowId(order.orderId)));
    },
  },
  {
    // The name of the recorded files. The payment is signaled three times.
    name: 'paid-told-three-times',
    answers: {
      recordOrder,
      settleOrder: async (orderId) => standing(orderId, { status: 'paid' }),
    },
    async play(life) {
      const order = orderUntil(600_000);
      for (let time = 0; time < 3; time++) await life.workflows.reportPayment(order, { paymentId: PAYMENT });
      return await ended(life.client.workflow.getHandle(orderWorkflowId(order.orderId)));
    },
  },
  {
    name: 'paid-after-a-wrong-amount',
    answers: {
      recordOrder,
      settleOrder: async (orderId, cause) =>
        cause.kind === 'payment' && cause.paymentId === PAYMENT
          ? standing(orderId, { refund: { paymentId: PAYMENT, reason: 'amount-mismatch' } })
          : standing(orderId, { status: 'paid' }),
    },
    async play(life) {
      const { order, workflow } = await placed(life);
      await life.workflows.reportPayment(order, { paymentId: PAYMENT });
      await until(
        'the wrong amount to go back',
        async () => life.refunded.length,
        (refunds) => refunds > 0,
      );
      await life.workflows.reportPayment(order, { paymentId: 'pay_2' });
      return await ended(workflow);
    },
  },
  {
    name: 'canceled-by-timer',
    answers: { recordOrder: recordedWithin(1_500) },
    play: async (life) => await ended(await start(life, orderUntil(1_500))),
  },
  {
    name: 'canceled-by-timer-after-not-yet',
    answers: {
      recordOrder: recordedWithin(500),
      settleOrder: (() => {
        let asked = 0;
        return async (orderId: string) =>
          asked++ === 0
            ? standing(orderId, { expiresAt: new Date().toISOString(), expiresInMs: 300 })
            : canceled(orderId, { cancelReason: 'payment-window-expired' });
      })(),
    },
    play: async (life) => await ended(await start(life, orderUntil(500))),
  },
  {
    name: 'canceled-by-timer-after-a-failure',
    answers: {
      recordOrder: recordedWithin(500),
      settleOrder: failingOnce(async (orderId: string) =>
        canceled(orderId, { cancelReason: 'payment-window-expired' }),
      ),
    },
    play: async (life) => await ended(await start(life, orderUntil(500))),
  },
  {
    name: 'canceled-by-timer-after-closing-a-payment',
    answers: { recordOrder: recordedWithin(500), settleOrder: closingThen('canceled') },
    play: async (life) => await ended(await start(life, orderUntil(500))),
  },
  {
    name: 'paid-by-a-payment-found-at-the-deadline',
    answers: {
      recordOrder: recordedWithin(500),
      settleOrder: closingThen('paid'),
      closePayments: async () => ({ closed: 0, paid: 1, processing: 0 }),
    },
    play: async (life) => await ended(await start(life, orderUntil(500))),
  },
  {
    name: 'canceled-by-timer-while-the-provider-is-away',
    answers: {
      recordOrder: recordedWithin(500),
      settleOrder: closingThen('canceled', 1_000),
      closePayments: away,
    },
    play: async (life) => await ended(await start(life, orderUntil(500))),
  },
  {
    name: 'deadline-moved-later-then-paid',
    answers: { recordOrder: movedAt(600_000, 1_200_000) },
    async play(life) {
      const { order, workflow } = await placed(life);
      await life.workflows.reportDeadline(order.orderId, { expiresAt: new Date(Date.now() + 1_200_000).toISOString() });
      await until(
        'the second timer',
        () => timersOf(workflow),
        (timers) => timers === 2,
      );
      await life.workflows.reportPayment(order, { paymentId: PAYMENT });
      return await ended(workflow);
    },
  },
  {
    name: 'deadline-moved-earlier',
    answers: {
      recordOrder: movedAt(600_000, 1_000),
      settleOrder: async (orderId) => canceled(orderId, { cancelReason: 'payment-window-expired' }),
    },
    async play(life) {
      const { order, workflow } = await placed(life);
      await life.workflows.reportDeadline(order.orderId, { expiresAt: new Date(Date.now() + 1_000).toISOString() });
      return await ended(workflow);
    },
  },
  {
    name: 'reminded-then-paid',
    answers: { recordOrder: recordedWithin(600_000, 599_000) },
    async play(life) {
      const { order, workflow } = await placed(life);
      await remindersAre(life, 1);
      await life.workflows.reportPayment(order, { paymentId: PAYMENT });
      return await ended(workflow);
    },
  },
  {
    name: 'reminded-of-each-of-two-deadlines',
    answers: { recordOrder: remindedAt(600_000, 602_000), settleOrder: async (orderId) => paid(orderId) },
    async play(life) {
      const { order, workflow } = await placed(life);
      await remindersAre(life, 1);
      await life.workflows.reportDeadline(order.orderId, { expiresAt: new Date(Date.now() + 602_000).toISOString() });
      await remindersAre(life, 2);
      await life.workflows.reportPayment(order, { paymentId: PAYMENT });
      return await ended(workflow);
    },
  },
  canceledBy('customer-request'),
  canceledBy('legacy-timeout'),
  canceledBy('operator-request'),
  {
    name: 'canceled-by-button-in-web-ui',
    answers: {
      recordOrder,
      settleOrder: async (orderId) => canceled(orderId, { cancelReason: 'operator-request' }),
    },
    async play(life) {
      const { workflow } = await placed(life);
      await workflow.cancel();
      return await ended(workflow);
    },
  },
  {
    name: 'started-late',
    answers: { recordOrder: recordedLate },
    play: async (life) => await ended(await start(life, orderUntil(-60_000))),
  },
  {
    name: 'payment-after-cancel',
    answers: { recordOrder, settleOrder: cancelThenPayment },
    async play(life) {
      const order = orderUntil(600_000);
      await life.workflows.requestCancel(order, { reason: 'customer-request' });
      await life.workflows.reportPayment(order, { paymentId: PAYMENT });
      return await ended(life.client.workflow.getHandle(orderWorkflowId(order.orderId)));
    },
  },
  {
    name: 'open-refund-owed',
    answers: {
      recordOrder,
      settleOrder: async (orderId) => canceled(orderId, { cancelReason: 'customer-request', refund: owed }),
      refundPayment: away,
    },
    play: refundUnderWay,
  },
  {
    name: 'refund-retried',
    answers: {
      recordOrder,
      settleOrder: async (orderId) => canceled(orderId, { cancelReason: 'customer-request', refund: owed }),
      refundPayment: failingOnce(async () => ({ refundId: 're_1' })),
    },
    play: async (life) => await ended(await refundUnderWay(life)),
  },
  {
    name: 'activity-retried',
    answers: {
      recordOrder: failingOnce(async (orderId: string) => standing(orderId)),
      settleOrder: failingOnce(async (orderId: string) => standing(orderId, { status: 'paid' })),
    },
    async play(life) {
      const { order, workflow } = await placed(life);
      await life.workflows.reportPayment(order, { paymentId: PAYMENT });
      return await ended(workflow);
    },
  },
  {
    name: 'failed-order-unknown',
    answers: {
      recordOrder: async () => {
        throw ApplicationFailure.nonRetryable('no checkout with this id', 'order-unknown');
      },
    },
    async play(life) {
      const workflow = await start(life, orderUntil(600_000));
      await workflow.result().catch(() => undefined);
      return workflow;
    },
  },
  {
    name: 'late-payment',
    answers: { settleOrder: cancelThenPayment },
    async play(life) {
      const { orderId } = createOrder();
      const paymentId = `pay_${orderId}`;
      await life.workflows.startLatePayment({ orderId, paymentId });
      return await ended(life.client.workflow.getHandle(latePaymentWorkflowId(paymentId)));
    },
  },
  {
    name: 'refund-alone',
    async play(life) {
      const { orderId } = createOrder();
      const paymentId = `pay_${orderId}`;
      await life.workflows.startRefund({ orderId, paymentId });
      return await ended(life.client.workflow.getHandle(refundWorkflowId(paymentId)));
    },
  },
  {
    name: 'capture',
    async play(life) {
      const { orderId } = createOrder();
      const paymentId = `pay_${orderId}`;
      await life.workflows.startCapture({ paymentId, orderId, amount: 2500, currency: 'EUR' });
      return await ended(life.client.workflow.getHandle(captureWorkflowId(paymentId)));
    },
  },
  {
    name: 'order-refund',
    async play(life) {
      const { orderId } = createOrder();
      await life.workflows.startOrderRefund({ refundId: orderId, orderId, amount: 500, currency: 'EUR' });
      return await ended(life.client.workflow.getHandle(orderRefundWorkflowId(orderId)));
    },
  },
];
