import { setTimeout as sleep } from 'node:timers/promises';
import { openDeadLetters } from '../amqp/dead-letters.js';
import { parseCreateMessage } from '../amqp/messages.js';
import { inHandOf } from '../amqp/queue-depth.js';
import { statusOf } from '../db/audit/status-of.js';
import type { Pool } from '../db/driver/pool.js';
import type { OpenOrder } from '../db/orders/open-orders.js';
import type { Finding } from '../domain/audit.js';
import { isUnavailable } from '../domain/errors.js';
import { inParallel } from '../domain/in-parallel.js';
import type { KnownWorkflows } from '../temporal/known-workflows.js';
import { awaitedOrders, compareWorkflows } from './audit-workflows.js';
import { CommandError } from './command-error.js';
import { warn } from './warn.js';
import { withBroker } from './with-broker.js';

interface Deps {
  readonly pool: Pool;
  readonly amqpUrl: string;
  readonly apiUrl: string | undefined;
  readonly orderQueue: string;
  readonly workflows: KnownWorkflows;
  readonly progress: (line: string) => void;
}

/** All looks take longer than the delay of the management API's counts, which is five seconds by default. */
const LOOKS = 4;
const LOOK_AGAIN_MS = 2_000;
/** Calls to Temporal at the same time. A rule of thumb. */
const AT_ONCE = 20;
/** Up to this number each workflow is queried by itself; above it only Temporal's index is read. A rule of thumb. */
const DESCRIBED = 1_000;

/**
 * Checks that each open order has a running workflow or a message on the way, and that the database has each order
 * that Temporal has. No queue counts an unacknowledged message, and Temporal's index is a moment late: an order that
 * looks lost is therefore checked again before it is reported.
 */
export async function auditMessages(
  deps: Deps,
  options: { readonly slackSeconds: number; readonly since?: Date | undefined },
): Promise<Finding[]> {
  try {
    const { findings, running } = await compareWorkflows(deps, options);
    const awaited = await awaitedOrders(deps.pool, options.slackSeconds * 1_000);
    const missing = awaited.filter(({ orderId }) => !running.has(orderId));
    let lost = await findLost(deps, missing);
    for (let look = 2; lost.length > 0 && look <= LOOKS; look++) {
      await sleep(LOOK_AGAIN_MS);
      const again = new Set((await findLost(deps, missing)).map(({ orderId }) => orderId));
      lost = lost.filter(({ orderId }) => again.has(orderId));
    }
    return [...findings, ...lost.map(toFinding)];
  } catch (error) {
    return [notChecked(error)];
  }
}

/** A check that is not possible is a finding, and the findings of the database are still reported. */
function notChecked(error: unknown): Finding {
  if (!(error instanceof CommandError || isUnavailable(error))) throw error;
  return { invariant: 'I5', subject: 'messages', detail: `could not be checked: ${(error as Error).message}` };
}

interface LostOrder extends Pick<OpenOrder, 'orderId' | 'recorded'> {
  readonly queue: QueueCounts;
}

/**
 * The messages of the queue of new orders. `inHand`, the unacknowledged ones, is unknown without the management API.
 */
interface QueueCounts {
  readonly waiting: number;
  readonly inHand: number | undefined;
  readonly consumers: number;
}

/** Those of the open orders that are still placed, have no running workflow and have no message in a queue. */
async function findLost(
  { workflows, pool, ...broker }: Deps,
  open: readonly Pick<OpenOrder, 'orderId' | 'recorded'>[],
): Promise<LostOrder[]> {
  if (open.length === 0) return [];
  const ids = open.map(({ orderId }) => orderId);
  const running = await workflows.runningAmong(ids);
  const placed = await placedAmong(pool, ids);
  let orphans = open.filter(({ orderId }) => !running.has(orderId) && placed.has(orderId));
  if (orphans.length <= DESCRIBED) {
    const runs = await inParallel(orphans, AT_ONCE, ({ orderId }) => workflows.lastRun(orderId));
    orphans = orphans.filter((_, index) => !runs[index]?.running);
  }
  const unread = orphans.filter(({ recorded }) => !recorded);
  const { queue, parked } = unread.length > 0 ? await messagesOf(broker) : nothing;
  // The orders that were published first count as lost first: a slow queue has passed them. Ids sort by checkout time.
  const missing = unread.filter(({ orderId }) => !parked.has(orderId)).toSorted(byId);
  const lost = missing.slice(0, Math.max(0, missing.length - queue.waiting - (queue.inHand ?? 0)));
  return [...orphans.filter(({ recorded }) => recorded), ...lost].map((order) => ({ ...order, queue }));
}

const byId = (a: { readonly orderId: string }, b: { readonly orderId: string }) => (a.orderId < b.orderId ? -1 : 1);

async function placedAmong(pool: Pool, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const placed = new Set<string>();
  for (let from = 0; from < ids.length; from += 1_000) {
    for (const [id, status] of await statusOf(pool, ids.slice(from, from + 1_000)))
      if (status === 'placed') placed.add(id);
  }
  return placed;
}

const toFinding = ({ orderId, recorded, queue }: LostOrder): Finding => ({
  invariant: 'I5',
  subject: `order ${orderId}`,
  detail: recorded
    ? 'is placed, and no workflow runs for it'
    : `was published, no workflow knows it, it is no dead letter, and only ${inWords(queue)}`,
});

function inWords({ waiting, inHand, consumers }: QueueCounts): string {
  const wait = `${waiting} messages wait in the queue`;
  if (inHand !== undefined) return `${wait} and ${inHand} are in a bridge's hands`;
  if (consumers === 0) return wait;
  return `${wait}; a bridge may have the message in hand: RABBITMQ_API_URL lets the audit count those`;
}

const nothing = { queue: { waiting: 0, inHand: 0, consumers: 0 }, parked: new Set<string>() };

/**
 * The ids of the orders whose messages are dead letters, and the counts of the messages that wait for a bridge or that
 * a bridge handles. These messages are only counted, since reading them would take them from the bridge.
 */
async function messagesOf({ amqpUrl, apiUrl, orderQueue }: Pick<Deps, 'amqpUrl' | 'apiUrl' | 'orderQueue'>): Promise<{
  readonly queue: QueueCounts;
  readonly parked: Set<string>;
}> {
  // Counted before the waiting messages: a message that is returned in between is counted twice and not missed.
  const inHand = apiUrl === undefined ? undefined : await inHandOf({ apiUrl, amqpUrl }, orderQueue);
  return await withBroker(amqpUrl, async (connection) => {
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    const { messageCount: waiting, consumerCount: consumers } = await channel.checkQueue(orderQueue);
    const letters = (await openDeadLetters(connection, warn).list()).filter(({ queue }) => queue === orderQueue);
    return { queue: { waiting, inHand, consumers }, parked: new Set(letters.map(orderOf)) };
  });
}

/** The order's id is the message's id of our own messages; a message of another program has it only in its body. */
function orderOf({ id, body }: { readonly id: string; readonly body: Buffer }): string {
  const parsed = parseCreateMessage(body);
  return parsed.ok ? parsed.message.order_id : id;
}
