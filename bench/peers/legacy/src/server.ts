import { randomUUID } from 'node:crypto';
import { type ConfirmChannel, type ConsumeMessage, connect } from 'amqplib';
import express from 'express';
import { createPool, type RowDataPacket } from 'mysql2/promise';
import { cancel, createTables, type NewOrder, pay, takeStock, writeOrder } from './stock.ts';

/**
 * The shop of the legacy service: the request takes the stock, RabbitMQ carries the order to the consumer that writes
 * it, and a message in a queue with a TTL is the order's timer. With what the legacy service leaves open closed as far as
 * its design allows: publisher confirms, and the delay message before the stock. The server and the consumers are one
 * process.
 *
 * The delay message of a paid order stays in its queue until the TTL ends: RabbitMQ cannot take it out.
 */
interface Environment {
  readonly MYSQL_URL: string;
  readonly AMQP_URL: string;
  readonly PAYMENT_WINDOW_MS: string;
  readonly PRODUCTS: string;
}
const { MYSQL_URL, AMQP_URL, PAYMENT_WINDOW_MS, PRODUCTS } = process.env as NodeJS.ProcessEnv & Environment;
const windowMs = Number(PAYMENT_WINDOW_MS);
const PREFETCH = 50;
// The TTL belongs to the queue. Another window needs another queue.
const DELAY_QUEUE = `order_delay_queue.${windowMs}`;

const pool = createPool({ uri: MYSQL_URL, connectionLimit: 32, maxIdle: 32 });
await createTables(pool, JSON.parse(PRODUCTS));

const connection = await connect(AMQP_URL, { noDelay: true });
const channel = await connection.createConfirmChannel();
await channel.assertExchange('order_exchange', 'direct', { durable: true });
await channel.assertExchange('order_dlx', 'direct', { durable: true });
await channel.assertExchange('order_delay_exchange', 'direct', { durable: true });
await channel.assertQueue('order_create_queue', {
  durable: true,
  deadLetterExchange: 'order_dlx',
  deadLetterRoutingKey: 'order.create',
});
await channel.assertQueue('order_create_dlq', { durable: true });
await channel.assertQueue(DELAY_QUEUE, {
  durable: true,
  messageTtl: windowMs,
  deadLetterExchange: 'order_delay_exchange',
  deadLetterRoutingKey: 'order.cancel',
});
await channel.assertQueue('order_cancel_queue', { durable: true });
await channel.bindQueue('order_create_queue', 'order_exchange', 'order.create');
await channel.bindQueue('order_create_dlq', 'order_dlx', 'order.create');
await channel.bindQueue('order_cancel_queue', 'order_delay_exchange', 'order.cancel');

/** Resolves when RabbitMQ has stored the message. */
function publish(exchange: string, routingKey: string, order: NewOrder): Promise<void> {
  const body = Buffer.from(JSON.stringify(order));
  return new Promise((resolve, reject) => {
    channel.publish(exchange, routingKey, body, { persistent: true, messageId: order.orderId }, (error) =>
      error ? reject(error) : resolve(),
    );
  });
}

let inHand = 0;

async function consume(queue: string, handle: (order: NewOrder) => Promise<void>): Promise<void> {
  const consumer = await connection.createChannel();
  await consumer.prefetch(PREFETCH);
  const onMessage = async (message: ConsumeMessage | null) => {
    if (message === null) return;
    inHand++;
    try {
      await handle(JSON.parse(message.content.toString()));
      consumer.ack(message);
    } catch (error) {
      console.error(error);
      // A second attempt, then the dead-letter queue, for people.
      consumer.nack(message, false, !message.fields.redelivered);
    } finally {
      inHand--;
    }
  };
  await consumer.consume(queue, (message) => void onMessage(message));
}
await consume('order_create_queue', (order) => writeOrder(pool, order));
await consume('order_cancel_queue', (order) => cancel(pool, order));

const app = express().disable('x-powered-by').use(express.json());

app.post('/checkout', async (request, response) => {
  const key = request.get('idempotency-key');
  if (key === undefined) return void response.sendStatus(400);
  const { userId, items } = request.body;
  const order = { orderId: randomUUID(), userId, items };
  const deadline = Date.now() + windowMs;
  await publish('', DELAY_QUEUE, order);
  const placed = await takeStock(pool, { ...order, key, deadline });
  if (placed.kind === 'out-of-stock') return void response.status(409).json({ error: 'out-of-stock' });
  // Also for a repeated key: the first request may have died before its message.
  await publish('order_exchange', 'order.create', { ...order, orderId: placed.orderId });
  response.status(201).json({ orderId: placed.orderId });
});

app.post('/webhooks/payment', async (request, response) => {
  const { orderId, paymentId, amount } = request.body;
  response.sendStatus((await pay(pool, { orderId, paymentId, amount })) ? 204 : 503);
});

app.get('/orders/:id', async (request, response) => {
  const [[order]] = await pool.execute<RowDataPacket[]>(
    `SELECT COALESCE(o.status, 'placed') AS status FROM reservations r LEFT JOIN orders o ON o.order_id = r.order_id
     WHERE r.order_id = ?`,
    [request.params.id],
  );
  if (order === undefined) return void response.sendStatus(404);
  response.json({ status: order['status'] });
});

app.get('/stock/:sku', async (request, response) => {
  const [[stock]] = await pool.execute<RowDataPacket[]>(
    'SELECT available, reserved, sold FROM products WHERE sku = ?',
    [request.params.sku],
  );
  response.json(stock);
});

const ready = async (from: ConfirmChannel, queue: string) => (await from.checkQueue(queue)).messageCount;

/** The delay messages of paid orders are not counted. */
app.get('/engine', async (_request, response) => {
  const waiting = (await ready(channel, 'order_create_queue')) + (await ready(channel, 'order_cancel_queue'));
  response.json({ open: waiting + inHand });
});

const [[mysql]] = await pool.query<RowDataPacket[]>('SELECT @@innodb_flush_log_at_trx_commit AS flush');
const durability = `RabbitMQ durable classic queues, persistent messages, confirmed; MySQL innodb_flush_log_at_trx_commit ${mysql?.['flush']}`;
console.log(durability);
const server = app.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') process.send?.({ port: address?.port, durability });
});
