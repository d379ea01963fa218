import { randomUUID } from 'node:crypto';
import { WorkflowNotFoundError } from '@temporalio/client';
import { connect } from 'amqplib';
import { ORDER_CREATE_DLQ } from '../../src/amqp/topology.js';
import type { Placed } from '../../src/cli/story/customer.js';
import { until } from '../../src/cli/story/until.js';
import { findPayment } from '../../src/db/payments/payments.js';
import { ORDER_WORKFLOW } from '../../workflows/contract.js';
import type { System } from '../helpers/system.js';

/** The reads of the fault tests, and their payments. */

export const paymentOf = ({ orderId, amount, currency }: Placed) => ({
  type: 'payment.succeeded',
  data: { paymentId: `pay_${randomUUID()}`, orderId, amount, currency },
});

interface Ready {
  readonly status: 'ok' | 'degraded' | 'unavailable';
  readonly dependencies: Readonly<Record<string, { readonly status: 'up' | 'down' }>>;
}

export async function readyz(url: string): Promise<Ready> {
  return (await (await fetch(`${url}/readyz`)).json()) as Ready;
}

/** The sum of a metric's series whose labels all match. */
export async function metric(
  url: string,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && wanted.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

/** The number of messages of `order_create_queue` with this outcome since the bridge's start. */
export const deliveries = ({ bridgeUrl }: System, outcome: string): Promise<number> =>
  metric(bridgeUrl(), 'orders_deliveries_total', { queue: 'order_create_queue', outcome });

/** Waits until Temporal's index, which is a moment behind, counts so many runs of order workflows, open and closed. */
export async function runsAre({ temporal, taskQueue }: System, wanted: number): Promise<void> {
  const query = `WorkflowType = '${ORDER_WORKFLOW}' AND TaskQueue = '${taskQueue}'`;
  await until(
    `${wanted} runs of order workflows`,
    async () => (await temporal.workflow.count(query)).count,
    (count) => count === wanted,
  );
}

export async function deadLetters({ amqpUrl }: System): Promise<number> {
  const connection = await connect(amqpUrl);
  const channel = await connection.createChannel();
  const { messageCount } = await channel.checkQueue(ORDER_CREATE_DLQ);
  await connection.close();
  return messageCount;
}

/** Pays at the provider, which sends a webhook. @returns the payment, and the shop's answers to its webhook */
export async function pay(
  { providerUrl, shopUrl }: System,
  { orderId, amount, currency }: Placed,
): Promise<{ readonly paymentId: string; readonly answers: readonly (number | null)[] }> {
  const paymentId = `pay_${randomUUID()}`;
  const response = await fetch(`${providerUrl}/payments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ paymentId, orderId, amount, currency, webhookUrl: `${shopUrl}/webhooks/payment` }),
  });
  const { deliveries } = (await response.json()) as { deliveries: { status: number | null }[] };
  return { paymentId, answers: deliveries.map(({ status }) => status) };
}

/** Waits until the payment is marked as refunded, and returns the number of refunds that the provider made. */
export async function refundsOf({ pool, customers }: System, paymentId: string): Promise<number> {
  await until(
    `payment ${paymentId} to be refunded`,
    () => findPayment(pool, paymentId),
    (payment) => payment?.status === 'refunded',
  );
  return (await customers.payment(paymentId)).refunds.length;
}

/** The status of a workflow; `none` when Temporal does not have the workflow. */
export async function statusOf({ temporal }: System, workflowId: string): Promise<string> {
  try {
    return (await temporal.workflow.getHandle(workflowId).describe()).status.name;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'none';
    throw error;
  }
}
