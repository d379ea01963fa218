import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type ConsumeMessage, connect } from 'amqplib';
import express from 'express';
import { Webhook } from 'standardwebhooks';
import { reserve } from '../../../src/db/checkouts/reservations.js';
import { createPool } from '../../../src/db/driver/pool.js';
import type { RequestedLine } from '../../../src/domain/allocation.js';
import type { Checkout } from '../../../src/domain/checkout.js';
import type { SettlementCause } from '../../../src/domain/settlement.js';
import { createClient } from '../../../src/temporal/client.js';
import { payFor } from '../../../test/db/payment-events.js';
import { checkoutRequest, WINDOW_MS } from '../../../test/helpers/database.js';
import { webhookSecret } from '../../../test/helpers/system.js';
import { readyUntilStopped } from '../../harness/forked.js';
import type { textbookWorkflow } from './workflow.js';

/**
 * A shop as the documentation of its parts has it: a transaction and an awaited confirm for each checkout, and ten
 * consumers that each await the start of a workflow. A webhook is stored, and the order's workflow decides.
 */

/** Each consumer awaits the start of an order before it takes the next order. */
const CONSUMERS = 10;
const QUEUE = 'textbook';
const [taskQueue = ''] = process.argv.slice(2);
const pool = createPool({ url: process.env['TEST_MYSQL_URL'] ?? '', size: 32, timeLimitMs: 120_000 });
const temporal = createClient({ address: process.env['TEST_TEMPORAL_ADDRESS'] ?? '', namespace: 'default' });
const broker = await connect(process.env['TEST_AMQP_URL'] ?? '');
const channel = await broker.createConfirmChannel();
await channel.assertQueue(QUEUE, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
const signatures = new Webhook(webhookSecret);

async function publish(message: object): Promise<void> {
  const content = Buffer.from(JSON.stringify(message));
  await new Promise<void>((resolve, reject) => {
    channel.sendToQueue(QUEUE, content, { persistent: true }, (error) => (error ? reject(error) : resolve()));
  });
}

const signal = (orderId: string, cause: SettlementCause) =>
  temporal.workflow.getHandle(`textbook:${orderId}`).signal('end', cause);

for (let consumer = 0; consumer < CONSUMERS; consumer++) {
  const consuming = await broker.createChannel();
  await consuming.prefetch(1);
  await consuming.consume(QUEUE, (message) => {
    if (message !== null) void take(message).then(() => consuming.ack(message));
  });
}

async function take({ content }: ConsumeMessage): Promise<void> {
  const order = JSON.parse(content.toString()) as { orderId: string; expiresAt: string };
  const workflowId = `textbook:${order.orderId}`;
  await temporal.workflow.start<typeof textbookWorkflow>('textbookWorkflow', { workflowId, taskQueue, args: [order] });
}

const app = express();
app.post('/checkout', express.json(), async (request, response) => {
  const { userId, items } = request.body as { userId: number; items: readonly RequestedLine[] };
  const [reserved] = await reserve(pool, [checkoutRequest({ userId, lines: items })], WINDOW_MS);
  if (reserved?.kind !== 'reserved') return void response.sendStatus(409);
  const { orderId, amount, currency, expiresAt, readToken } = reserved.checkout;
  await publish({ orderId, expiresAt: expiresAt.toISOString() });
  response.status(201).json({ orderId, status: 'placed', amount, currency, expiresAt, readToken });
});
app.post('/webhooks/payment', express.raw({ type: 'application/json' }), async (request, response) => {
  const event = signatures.verify(request.body as Buffer, request.headers as Record<string, string>);
  const { data } = event as { data: Pick<Checkout, 'orderId' | 'amount' | 'currency'> };
  const paymentId = await payFor(pool, data);
  await signal(data.orderId, { kind: 'payment', paymentId });
  response.sendStatus(204);
});
app.post('/orders/:orderId/cancel', async (request, response) => {
  await signal(request.params.orderId, { kind: 'cancel', reason: 'customer-request' });
  response.sendStatus(202);
});
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
await readyUntilStopped(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
process.exit();
