import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { openDeadLetters } from '../amqp/dead-letters.js';
import { parseCreateMessage } from '../amqp/messages.js';
import { ORDER_CREATE_QUEUE } from '../amqp/topology.js';
import { openOrders } from '../db/audit.js';
import type { Pool } from '../db/pool.js';
import type { Finding } from '../domain/audit.js';
import { isUnavailable } from '../domain/errors.js';
import { isRunning } from '../temporal/running.js';
import { CommandError } from './command-error.js';
import { inParallel } from './in-parallel.js';
import { withBroker } from './with-broker.js';

interface Deps {
  readonly pool: Pool;
  readonly amqpUrl: string;
  readonly temporal: Client;
}

const LOOKS = 4;
const AT_ONCE = 20;

/** A message in the hands of a bridge is in no queue's count: what looks lost is looked at again before it is told. */
export async function auditMessages(deps: Deps, slackSeconds: number): Promise<Finding[]> {
  for (let look = 1; ; look++) {
    const open = await openOrders(deps.pool, slackSeconds);
    const lost = await findLost(deps, open).catch(notChecked);
    if (!Array.isArray(lost)) return [lost];
    if (lost.length === 0 || look === LOOKS) return lost;
    await sleep(1_000);
  }
}

/** What cannot be seen is not called clean, and what the database told is told all the same. */
function notChecked(error: unknown): Finding {
  if (!(error instanceof CommandError || isUnavailable(error))) throw error;
  return { invariant: 'I5', subject: 'messages', detail: `could not be checked: ${(error as Error).message}` };
}

/**
 * Each open order has a workflow that runs, or its message is still on the way. A message that is neither in a queue
 * nor known to Temporal is lost.
 */
async function findLost({ amqpUrl, temporal }: Deps, open: Awaited<ReturnType<typeof openOrders>>): Promise<Finding[]> {
  const running = await inParallel(open, AT_ONCE, ({ orderId }) => isRunning(temporal, orderId));
  const orphans = open.filter((_, index) => !running[index]);
  const unread = orphans.filter(({ recorded }) => !recorded);
  const { waiting, parked } = unread.length > 0 ? await messagesIn(amqpUrl) : nothing;
  const missing = unread.filter(({ orderId }) => !parked.has(orderId));
  const lost = missing.length > waiting ? missing : [];
  return [...orphans.filter(({ recorded }) => recorded), ...lost].map(({ orderId, recorded }) => ({
    invariant: 'I5',
    subject: `order ${orderId}`,
    detail: recorded
      ? 'is placed, and no workflow runs for it'
      : `was published, no workflow knows it, it is no dead letter, and only ${waiting} messages wait in the queue`,
  }));
}

const nothing = { waiting: 0, parked: new Set<string>() };

/**
 * The orders whose messages are dead letters, by their ids, and how many messages wait for the bridge: to read those
 * would take them out of its hands, so that there a count has to do.
 */
async function messagesIn(amqpUrl: string): Promise<{ readonly waiting: number; readonly parked: Set<string> }> {
  return await withBroker(amqpUrl, async (connection) => {
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    const { messageCount: waiting } = await channel.checkQueue(ORDER_CREATE_QUEUE);
    const letters = (await openDeadLetters(connection).list()).filter(({ queue }) => queue === ORDER_CREATE_QUEUE);
    return { waiting, parked: new Set(letters.map(orderOf)) };
  });
}

/** Our own messages have their order's id; one that another program sent says it in its body alone. */
function orderOf({ id, body }: { readonly id: string; readonly body: Buffer }): string {
  const parsed = parseCreateMessage(body);
  return parsed.ok ? parsed.message.order_id : id;
}
