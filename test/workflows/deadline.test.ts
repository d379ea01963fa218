import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import test from 'ava';
import { type OrderActivities, orderWorkflowId } from '../../workflows/contract.js';
import { createOrder } from '../helpers/temporal.js';
import { dropSdkLogs, type Life, standing, withLife } from './life.js';

/** What an order that nobody pays leaves in its history. */

dropSdkLogs();

/** The deadline is after the record, also on a busy machine: a workflow past its deadline starts no timer. */
const recordOrder: OrderActivities['recordOrder'] = async (orderId) =>
  standing(orderId, { expiresAt: new Date(Date.now() + 1_500).toISOString(), expiresInMs: 1_500 });

const expired = (orderId: string) =>
  standing(orderId, { status: 'canceled', cancelReason: 'payment-window-expired', expiresInMs: 0 });

async function ended({ workflows, client }: Life): Promise<WorkflowHandle> {
  const order = createOrder();
  await workflows.startOrder({ ...order, expiresAt: order.expiresAt.toISOString() });
  const handle = client.workflow.getHandle(orderWorkflowId(order.orderId));
  await handle.result();
  return handle;
}

/** On a busy machine a workflow's task may run twice, so the events of the tasks are left out. */
const eventsOf = async (order: WorkflowHandle) =>
  ((await order.fetchHistory()).events ?? [])
    .map((event) => Object.keys(event).find((key) => key.endsWith('EventAttributes')) ?? '')
    .filter((type) => !type.startsWith('workflowTask'))
    .map((type) => type.replace('EventAttributes', ''));

test('an unpaid order ends by its timer, and has seven events beside its workflow tasks', async (t) => {
  await withLife({ recordOrder, settleOrder: async (orderId) => expired(orderId) }, async (life) => {
    const order = await ended(life);
    t.deepEqual(life.causes, [{ kind: 'expired' }]);
    t.deepEqual(await eventsOf(order), [
      'workflowExecutionStarted',
      'markerRecorded',
      'timerStarted',
      'timerFired',
      'markerRecorded',
      'upsertWorkflowSearchAttributes',
      'workflowExecutionCompleted',
    ]);
  });
});

test('a settlement that fails at the deadline is repeated by an activity that the Web UI shows', async (t) => {
  let failed = false;
  const settleOrder = async (orderId: string) => {
    if (failed) return expired(orderId);
    failed = true;
    throw ApplicationFailure.retryable('it does not answer', 'dependency-unavailable');
  };
  await withLife({ recordOrder, settleOrder }, async (life) => {
    const order = await ended(life);
    t.like(await order.result(), { status: 'canceled' });
    t.deepEqual(life.causes, [{ kind: 'expired' }, { kind: 'expired' }]);
    const { events } = await order.fetchHistory();
    const scheduled = events?.flatMap(
      ({ activityTaskScheduledEventAttributes }) => activityTaskScheduledEventAttributes ?? [],
    );
    t.deepEqual(
      scheduled?.map(({ activityType }) => activityType?.name),
      ['settleOrder'],
    );
  });
});
