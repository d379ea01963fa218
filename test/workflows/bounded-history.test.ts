import type { WorkflowHandle } from '@temporalio/client';
import test from 'ava';
import { until } from '../../src/cli/story/until.js';
import type { SettlementCause } from '../../src/domain/settlement.js';
import { orderWorkflowId } from '../../workflows/contract.js';
import { cancelRequested, orderState, paymentReceived } from '../../workflows/messages.js';
import { createOrder, inputOf } from '../helpers/temporal.js';
import { type Life, quietWorkers, standing, withLife } from './life.js';

/** What signals may cost, whatever arrives how often. */

quietWorkers();

const heardAll = (life: Life, holds: (heard: readonly SettlementCause[]) => boolean) =>
  until('the causes to be heard', async () => life.heard, holds);

const payment = (paymentId: string): SettlementCause => ({ kind: 'payment', paymentId });

const inAnHour = () => new Date(Date.now() + 3_600_000);

/** Signals at most fifty at a time. */
async function signalAll<A>(count: number, signal: (index: number) => Promise<A>): Promise<void> {
  for (let sent = 0; sent < count; sent += 50) {
    await Promise.all(Array.from({ length: Math.min(50, count - sent) }, (_, index) => signal(sent + index)));
  }
}

/** A payment pays when its id is `right`, is refunded when it is `wrong`, and is otherwise unknown. */
const byName = async (orderId: string, cause: SettlementCause) => {
  if (cause.kind !== 'payment')
    return standing(orderId, { status: 'canceled', cancelReason: 'payment-window-expired' });
  if (cause.paymentId === 'right') return standing(orderId, { status: 'paid' });
  const refund = cause.paymentId === 'wrong' ? ({ paymentId: 'wrong', reason: 'amount-mismatch' } as const) : null;
  return standing(orderId, { refund, expiresAt: inAnHour().toISOString() });
};

test('a payment that is decided costs one settlement and one refund, though it is told a thousand times', async (t) => {
  await withLife({ settleOrder: byName }, async (life) => {
    const order = await life.begin(inAnHour());
    await signalAll(1_000, () => order.signal(paymentReceived, { paymentId: 'wrong' }));
    await heardAll(life, (heard) => heard.length > 0);
    await order.signal(paymentReceived, { paymentId: 'right' });
    await order.result();
    t.deepEqual(life.heard, [payment('wrong'), payment('right')]);
    t.true(life.refunded.length <= 2, 'once a run of the workflow at the most');
  });
});

test('a payment that decided nothing is heard again when it is stored later, and costs three settlements at the most', async (t) => {
  let stored = false;
  const settleOrder = async (orderId: string, cause: SettlementCause) =>
    cause.kind === 'payment' && cause.paymentId === 'early' && stored
      ? standing(orderId, { status: 'paid' })
      : standing(orderId, { expiresAt: inAnHour().toISOString() });
  await withLife({ settleOrder }, async (life) => {
    const order = await life.begin(inAnHour());
    const of = (id: string) => life.heard.filter((cause) => cause.kind === 'payment' && cause.paymentId === id).length;
    const forge = () => order.signal(paymentReceived, { paymentId: 'forged' });
    // One that comes while the one before is being heard is a repeat.
    await until(
      'three settlements',
      async () => {
        await forge();
        return of('forged');
      },
      (heard) => heard === 3,
    );
    await signalAll(20, forge);
    await order.signal(paymentReceived, { paymentId: 'early' });
    await heardAll(life, () => of('early') === 1);
    stored = true;
    await until(
      'the order to be paid',
      async () => {
        await order.signal(paymentReceived, { paymentId: 'early' }).catch(() => undefined);
        return await order.query(orderState);
      },
      (state) => state?.status === 'paid',
    );
    t.is(of('forged'), 3);
  });
});

test('cancels that come while one is being settled cost nothing', async (t) => {
  const { promise: allowed, resolve: goOn } = Promise.withResolvers<void>();
  const settleOrder = async (orderId: string) => {
    await allowed;
    return standing(orderId, { status: 'canceled', cancelReason: 'customer-request' });
  };
  await withLife({ settleOrder }, async (life) => {
    const order = await life.begin(inAnHour());
    await signalAll(200, () => order.signal(cancelRequested, { reason: 'customer-request' }));
    await heardAll(life, (heard) => heard.length > 0);
    await signalAll(50, () => order.signal(cancelRequested, { reason: 'customer-request' }));
    goOn();
    await order.result();
    t.deepEqual(life.heard, [{ kind: 'cancel', reason: 'customer-request' }]);
  });
});

test('what is no payment and no reason, and a signal that nobody knows, are left alone', async (t) => {
  await withLife({ settleOrder: byName }, async (life) => {
    const order = await life.begin(inAnHour());
    for (const told of [undefined, null, 5, {}, { paymentId: 5 }, { paymentId: '' }, { paymentId: 'é' }]) {
      await order.signal('paymentReceived', told);
    }
    for (const told of [undefined, {}, { reason: 'x'.repeat(65) }]) await order.signal('cancelRequested', told);
    await order.signal('noSuchSignal', 1);
    await order.signal(paymentReceived, { paymentId: 'right' });
    await order.result();
    t.deepEqual(life.heard, [payment('right')]);
  });
});

test('past the deadline no number of payments keeps an order from its end', async (t) => {
  const { promise: recorded, resolve: record } = Promise.withResolvers<void>();
  const past = new Date(Date.now() - 1_000).toISOString();
  const settleOrder = async (orderId: string, cause: SettlementCause) =>
    cause.kind === 'expired'
      ? standing(orderId, { status: 'canceled', cancelReason: 'payment-window-expired' })
      : standing(orderId, { expiresAt: past });
  const recordOrder = async (orderId: string) => {
    await recorded;
    return standing(orderId, { expiresAt: past });
  };
  await withLife({ settleOrder, recordOrder }, async (life) => {
    const order = await life.begin();
    await signalAll(20, (index) => order.signal(paymentReceived, { paymentId: `forged-${index}` }));
    record();
    await order.result();
    t.is(
      life.heard.findIndex(({ kind }) => kind === 'expired'),
      1,
    );
  });
});

/** The runs of a workflow, the first one first, by the number of their events. */
async function runsOf(life: Life, workflowId: string, firstRunId: string): Promise<number[]> {
  const lengths: number[] = [];
  for (let runId: string | null | undefined = firstRunId; runId; ) {
    const run: WorkflowHandle = life.client.workflow.getHandle(workflowId, runId);
    const events = (await run.fetchHistory()).events ?? [];
    lengths.push(events.length);
    runId = events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
  }
  return lengths;
}

test('a history that hundreds of forged payments make long goes on in a new run, which knows all of it', async (t) => {
  const { promise: back, resolve: providerIsBack } = Promise.withResolvers<void>();
  const refundPayment = async (paymentId: string) => {
    await back;
    return { refundId: paymentId };
  };
  await withLife({ settleOrder: byName, refundPayment }, async (life) => {
    const given = { ...createOrder(), expiresAt: inAnHour() };
    await life.workflows.startOrder(inputOf(given));
    const order: WorkflowHandle = life.client.workflow.getHandle(orderWorkflowId(given.orderId));
    const { runId } = await order.describe();
    await order.signal(paymentReceived, { paymentId: 'wrong' });
    await heardAll(life, (heard) => heard.length === 1);
    await signalAll(400, (index) => order.signal(paymentReceived, { paymentId: `forged-${index}` }));
    const later = await until(
      'a new run',
      () => order.describe(),
      (description) => description.runId !== runId,
    );
    t.regex(JSON.stringify(later.typedSearchAttributes), /OrderStatus.*placed/);
    t.is((await order.query(orderState))?.status, 'placed');
    await order.signal(paymentReceived, { paymentId: 'wrong' });
    await order.signal(paymentReceived, { paymentId: 'right' });
    await heardAll(life, (heard) => heard.some((cause) => cause.kind === 'payment' && cause.paymentId === 'right'));
    t.is((await order.describe()).status.name, 'RUNNING', 'money is still owed');
    providerIsBack();
    t.like(await order.result(), { status: 'paid' });
    t.true(life.refunded.includes('wrong'), 'the new run has sent back what the first one owed');
    const told = new Set(life.heard.map((cause) => JSON.stringify(cause)));
    t.is(told.size, life.heard.length, 'each was heard once');
    const lengths = await runsOf(life, orderWorkflowId(given.orderId), runId);
    t.true(lengths.length > 1);
    for (const length of lengths) t.true(length < 2_000, `a run of ${length} events`);
  });
});
