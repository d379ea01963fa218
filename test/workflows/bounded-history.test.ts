import type { WorkflowHandle } from '@temporalio/client';
import test from 'ava';
import { until } from '../../src/cli/story/until.js';
import type { SettlementCause } from '../../src/domain/settlement.js';
import { orderIdOf, orderWorkflowId } from '../../workflows/contract.js';
import { cancelRequested, orderState, paymentReceived } from '../../workflows/messages.js';
import { createOrder, inputOf } from '../helpers/temporal.js';
import { dropSdkLogs, type Life, standing, withLife } from './life.js';

/** What many signals cost a workflow. */

dropSdkLogs();

const untilCauses = (life: Life, holds: (causes: readonly SettlementCause[]) => boolean) =>
  until('the causes to be settled', async () => life.causes, holds);

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

test('a payment that is signaled a thousand times causes one settlement and one refund', async (t) => {
  await withLife({ settleOrder: byName }, async (life) => {
    const order = await life.begin(inAnHour());
    await signalAll(1_000, () => order.signal(paymentReceived, { paymentId: 'wrong' }));
    await untilCauses(life, (causes) => causes.length > 0);
    await order.signal(paymentReceived, { paymentId: 'right' });
    await order.result();
    t.deepEqual(life.causes, [payment('wrong'), payment('right')]);
    t.true(life.refunded.length <= 2, 'at most once in each run of the workflow');
  });
});

test('a payment that is stored after its signal is settled again, after at most three settlements', async (t) => {
  let stored = false;
  const settleOrder = async (orderId: string, cause: SettlementCause) =>
    cause.kind === 'payment' && cause.paymentId === 'early' && stored
      ? standing(orderId, { status: 'paid' })
      : standing(orderId, { expiresAt: inAnHour().toISOString() });
  await withLife({ settleOrder }, async (life) => {
    const order = await life.begin(inAnHour());
    const of = (id: string) => life.causes.filter((cause) => cause.kind === 'payment' && cause.paymentId === id).length;
    const forge = () => order.signal(paymentReceived, { paymentId: 'forged' });
    // A signal that arrives during the settlement of the signal before is dropped.
    await until(
      'three settlements',
      async () => {
        await forge();
        return of('forged');
      },
      (causes) => causes === 3,
    );
    await signalAll(20, forge);
    await order.signal(paymentReceived, { paymentId: 'early' });
    await untilCauses(life, () => of('early') === 1);
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

test('a payment whose signals decided nothing ends its order when its end is reported', async (t) => {
  const deadline = Date.now() + 60_000;
  let answers = 0;
  const settleOrder = async (orderId: string, cause: SettlementCause) =>
    cause.kind === 'payment'
      ? standing(orderId, { expiresAt: new Date(deadline + ++answers).toISOString() })
      : standing(orderId, { status: 'canceled', cancelReason: 'payment-window-expired' });
  await withLife({ settleOrder }, async (life) => {
    const order = await life.begin(new Date(deadline));
    // A signal that arrives during the settlement of the signal before is dropped, also with a report.
    await until(
      'the answer of the third settlement',
      async () => {
        if (answers < 3) await order.signal(paymentReceived, { paymentId: 'early' });
        return await order.query(orderState);
      },
      (state) => state?.expiresAt === new Date(deadline + 3).toISOString(),
    );
    const paid = standing(orderIdOf(order.workflowId), { status: 'paid', paymentId: 'early' });
    await order.signal(paymentReceived, { paymentId: 'early', order: paid });
    t.like(await order.result(), { status: 'paid', paymentId: 'early' });
    t.is(life.causes.length, 3);
  });
});

test('cancels that arrive during a settlement cause no settlement', async (t) => {
  const { promise: allowed, resolve: goOn } = Promise.withResolvers<void>();
  const settleOrder = async (orderId: string) => {
    await allowed;
    return standing(orderId, { status: 'canceled', cancelReason: 'customer-request' });
  };
  await withLife({ settleOrder }, async (life) => {
    const order = await life.begin(inAnHour());
    await signalAll(200, () => order.signal(cancelRequested, { reason: 'customer-request' }));
    await untilCauses(life, (causes) => causes.length > 0);
    await signalAll(50, () => order.signal(cancelRequested, { reason: 'customer-request' }));
    goOn();
    await order.result();
    t.deepEqual(life.causes, [{ kind: 'cancel', reason: 'customer-request' }]);
  });
});

test('signals with malformed arguments or an unknown name are ignored', async (t) => {
  await withLife({ settleOrder: byName }, async (life) => {
    const order = await life.begin(inAnHour());
    for (const argument of [undefined, null, 5, {}, { paymentId: 5 }, { paymentId: '' }, { paymentId: 'é' }]) {
      await order.signal('paymentReceived', argument);
    }
    for (const argument of [undefined, {}, { reason: 'x'.repeat(65) }]) await order.signal('cancelRequested', argument);
    await order.signal('noSuchSignal', 1);
    await order.signal(paymentReceived, { paymentId: 'right' });
    await order.result();
    t.deepEqual(life.causes, [payment('right')]);
  });
});

test('no number of payments delays the end of an order after the deadline', async (t) => {
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
      life.causes.findIndex(({ kind }) => kind === 'expired'),
      1,
    );
  });
});

/** The numbers of events of a workflow's runs, the first run first. */
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

test('a long history of forged payments continues in a new run, which keeps the causes and the refunds', async (t) => {
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
    await untilCauses(life, (causes) => causes.length === 1);
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
    await untilCauses(life, (causes) =>
      causes.some((cause) => cause.kind === 'payment' && cause.paymentId === 'right'),
    );
    t.is((await order.describe()).status.name, 'RUNNING', 'money is still owed');
    providerIsBack();
    t.like(await order.result(), { status: 'paid' });
    t.true(life.refunded.includes('wrong'), 'the new run has sent back what the first run owed');
    const different = new Set(life.causes.map((cause) => JSON.stringify(cause)));
    t.is(different.size, life.causes.length, 'each cause is settled once');
    const lengths = await runsOf(life, orderWorkflowId(given.orderId), runId);
    t.true(lengths.length > 1);
    for (const length of lengths) t.true(length < 2_000, `a run of ${length} events`);
  });
});
