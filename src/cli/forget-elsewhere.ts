import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import {
  captureWorkflowId,
  latePaymentWorkflowId,
  orderRefundWorkflowId,
  orderWorkflowId,
  refundWorkflowId,
} from '../../workflows/contract.js';
import type { DeadLetters } from '../amqp/dead-letters.js';
import type { Pool } from '../db/driver/pool.js';
import { forgottenAmong, type WorkflowsDue, workflowsDeleted, workflowsDue } from '../db/forget/forgotten.js';
import { isOrderId, orderIdFrom } from '../domain/order-id.js';
import { deleteClosed } from '../temporal/delete-workflows.js';

/** Orders whose workflows are deleted together. A rule of thumb. */
const PAGE = 50;
const PAUSE_MS = 200;
/** Temporal deletes within a second. A rule of thumb, for a server that is busy. */
const PATIENCE_MS = 60_000;

/** The ids of all workflows that an order may have. */
export const workflowIdsOf = ({ orderId, paymentIds, refundIds }: WorkflowsDue): string[] => [
  orderWorkflowId(orderId),
  ...paymentIds.flatMap((id) => [latePaymentWorkflowId(id), refundWorkflowId(id), captureWorkflowId(id)]),
  ...refundIds.map(orderRefundWorkflowId),
];

/**
 * Deletes the workflows of all forgotten orders, also of those that an earlier command left. The order of the steps
 * matters: the database forgets first, so that a workflow that starts again starts without the customer.
 *
 * @returns how many orders have a workflow that runs still, or that Temporal has not deleted in time
 * @throws {DomainError} `dependency-unavailable`
 */
export async function forgetWorkflows(
  pool: Pool,
  client: Client,
  done: (orders: number) => void,
): Promise<{ readonly deleted: number; readonly left: number }> {
  let [deleted, left, after] = [0, 0, ''];
  for (;;) {
    const page = await workflowsDue(pool, after, PAGE);
    if (page.length === 0) return { deleted, left };
    after = page.at(-1)?.orderId ?? '';
    let waiting = page;
    for (const until = performance.now() + PATIENCE_MS; ; await sleep(PAUSE_MS)) {
      const found = await deleteClosed(client, waiting.flatMap(workflowIdsOf));
      const has = (due: WorkflowsDue, what: string) => workflowIdsOf(due).some((id) => found.get(id) === what);
      const gone = waiting.filter((due) => !has(due, 'running') && !has(due, 'being-deleted'));
      await workflowsDeleted(
        pool,
        gone.map(({ orderId }) => orderId),
      );
      deleted += gone.length;
      done(deleted);
      waiting = waiting.filter((due) => !gone.includes(due));
      if (!waiting.some((due) => has(due, 'being-deleted')) || performance.now() > until) break;
    }
    left += waiting.length;
  }
}

/** Dead letters of one question to the database. */
const LETTERS = 500;

/** Removes the dead letters of forgotten orders: such an order has ended, and its message has nothing left to do. */
export async function forgetDeadLetters(pool: Pool, letters: DeadLetters): Promise<number> {
  const named = (await letters.list()).flatMap(({ id, body }) => {
    const orderId = orderIn(body);
    return orderId === undefined ? [] : [{ id, orderId }];
  });
  const wanted: string[] = [];
  for (let at = 0; at < named.length; at += LETTERS) {
    const part = named.slice(at, at + LETTERS);
    const forgotten = await forgottenAmong(
      pool,
      part.map(({ orderId }) => orderId),
    );
    wanted.push(...part.flatMap(({ id, orderId }) => (forgotten.has(orderId) ? [id] : [])));
  }
  return wanted.length === 0 ? 0 : (await letters.discard(wanted)).length;
}

/** A body that cannot be read names no order, and neither does a text that is no id: MySQL cannot compare each text. */
function orderIn(body: Buffer): string | undefined {
  try {
    const { order_id: orderId } = JSON.parse(body.toString('utf8')) as { readonly order_id?: unknown };
    return typeof orderId === 'string' && isOrderId(orderId) ? orderIdFrom(orderId) : undefined;
  } catch {
    return undefined;
  }
}
