import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import test from 'ava';
import { type OrderActivities, orderWorkflowId } from '../../workflows/contract.js';
import { createOrder } from '../helpers/temporal.js';
import { dropSdkLogs, type Life, standing, withLife } from './life.js';

/** The deadline of an order for which payments were begun. */

dropSdkLogs();

const recordOrder: OrderActivities['recordOrder'] = async (orderId) =>
  standing(orderId, { expiresAt: new Date(Date.now() + 500).toISOString(), expiresInMs: 500 });

/** The first answers say that payments are to be closed; the last one is the end. */
function closing(
  times: number,
  closesForMs: number,
  end: 'paid' | 'canceled' = 'canceled',
): OrderActivities['settleOrder'] {
  let asked = 0;
  return async (orderId) =>
    ++asked <= times
      ? standing(orderId, { expiresAt: new Date().toISOString(), expiresInMs: closesForMs, closesPayments: true })
      : standing(orderId, { status: end, expiresInMs: 0 });
}

async function ended({ workflows, client }: Life): Promise<WorkflowHandle> {
  const order = createOrder();
  await workflows.startOrder({ ...order, expiresAt: order.expiresAt.toISOString() });
  const handle = client.workflow.getHandle(orderWorkflowId(order.orderId));
  await handle.result();
  return handle;
}

test('at its deadline the workflow closes the payments, and then settles', async (t) => {
  await withLife({ recordOrder, settleOrder: closing(1, 600_000) }, async (life) => {
    const order = await ended(life);
    t.like(await order.result(), { status: 'canceled' });
    t.is(life.closed.length, 1);
    t.deepEqual(life.causes, [{ kind: 'expired' }, { kind: 'expired' }]);
    const { events } = await order.fetchHistory();
    const summaries = (events ?? []).map(({ userMetadata }) => String(userMetadata?.summary?.data ?? ''));
    t.true(summaries.some((summary) => summary.includes('close the payment at its provider')));
  });
});

test('an order that a closed payment turned out to have paid ends as paid', async (t) => {
  const closePayments = async () => ({ closed: 0, paid: 1, processing: 0 });
  await withLife({ recordOrder, settleOrder: closing(1, 600_000, 'paid'), closePayments }, async (life) => {
    t.like(await (await ended(life)).result(), { status: 'paid' });
  });
});

test('a provider that does not answer delays the end by the given time only', async (t) => {
  let tries = 0;
  const closePayments = async () => {
    tries++;
    throw ApplicationFailure.retryable('it does not answer', 'dependency-unavailable');
  };
  await withLife({ recordOrder, settleOrder: closing(1, 3_000), closePayments }, async (life) => {
    t.like(await (await ended(life)).result(), { status: 'canceled' });
    t.true(tries >= 1);
  });
});

test('an order without a begun payment closes nothing', async (t) => {
  await withLife({ recordOrder, settleOrder: closing(0, 0) }, async (life) => {
    await ended(life);
    t.deepEqual(life.closed, []);
  });
});
