import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { connect } from 'amqplib';
import { brokerSocket } from '../amqp/broker-address.js';
import { ORDER_CREATE_DLQ, ORDER_CREATE_QUEUE } from '../amqp/topology.js';
import { auditDatabase, countAudited, openOrders } from '../db/audit.js';
import { owedRefunds } from '../db/owed-refunds.js';
import type { Pool } from '../db/pool.js';
import type { Finding, OpenItem } from '../domain/audit.js';
import { isRunning } from '../temporal/running.js';

export interface AuditReport {
  readonly findings: readonly Finding[];
  /** Refunds that are owed: no broken invariant, and to be seen until they are done. */
  readonly open: readonly OpenItem[];
  readonly audited: { readonly skus: number; readonly checkouts: number; readonly payments: number };
}

const SLACK_SECONDS = 15;
const LOOKS = 4;

/** Checks I1 to I6 against the database, the broker and Temporal. Reads only. */
export async function audit(deps: {
  readonly pool: Pool;
  readonly amqpUrl: string;
  readonly temporal: Client;
}): Promise<AuditReport> {
  const findings = await auditDatabase(deps.pool, SLACK_SECONDS);
  findings.push(...(await auditMessages(deps)));
  return { findings, open: await openRefunds(deps.pool), audited: await countAudited(deps.pool) };
}

async function openRefunds(pool: Pool): Promise<OpenItem[]> {
  return (await owedRefunds(pool)).map(({ paymentId, provider, orderId, amount, currency, reason, forSeconds }) => ({
    subject: `payment ${paymentId}`,
    detail: `${amount} ${currency} for order ${orderId} (${reason}), owed by ${provider} for ${forSeconds} s`,
  }));
}

/** A message in the hands of a bridge is in no queue's count: what looks lost is looked at again before it is told. */
async function auditMessages(deps: Parameters<typeof audit>[0]): Promise<Finding[]> {
  for (let look = 1; ; look++) {
    const lost = await findLost(deps);
    if (lost.length === 0 || look === LOOKS) return lost;
    await sleep(1_000);
  }
}

/**
 * Each open order has a workflow that runs, or its message is still on the way. A message that is neither in a queue
 * nor known to Temporal is lost.
 */
async function findLost(deps: Parameters<typeof audit>[0]): Promise<Finding[]> {
  const open = await openOrders(deps.pool, SLACK_SECONDS);
  const orphans: typeof open = [];
  for (const order of open) if (!(await isRunning(deps.temporal, order.orderId))) orphans.push(order);
  const unread = orphans.filter(({ recorded }) => !recorded);
  const waiting = unread.length > 0 ? await messagesWaiting(deps.amqpUrl) : 0;
  const lost = orphans.filter(({ recorded }) => recorded || unread.length > waiting);
  return lost.map(({ orderId, recorded }) => ({
    invariant: 'I5',
    subject: `order ${orderId}`,
    detail: recorded
      ? 'is placed, and no workflow runs for it'
      : `was published, no workflow knows it, and only ${waiting} messages wait in the queues`,
  }));
}

async function messagesWaiting(amqpUrl: string): Promise<number> {
  const connection = await connect(amqpUrl, brokerSocket(amqpUrl));
  try {
    const channel = await connection.createChannel();
    const [create, dead] = [await channel.checkQueue(ORDER_CREATE_QUEUE), await channel.checkQueue(ORDER_CREATE_DLQ)];
    return create.messageCount + dead.messageCount;
  } finally {
    await connection.close();
  }
}
