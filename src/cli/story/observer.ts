import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { connect } from 'amqplib';
import type { RowDataPacket } from 'mysql2/promise';
import { latePaymentWorkflowId, orderWorkflowId } from '../../../workflows/contract.js';
import { brokerSocket } from '../../amqp/broker-address.js';
import { ORDER_CANCEL_QUEUE, ORDER_DELAY_QUEUE } from '../../amqp/topology.js';
import type { Pool } from '../../db/driver/pool.js';
import { readStock, type Stock } from '../../db/products.js';
import { until } from './until.js';

interface End {
  readonly status: 'paid' | 'canceled';
  readonly movement: 'sold' | 'released';
}

/** Reads the rows, Temporal and the queues directly. A step holds only when they agree with the API. */
export interface Observer {
  readonly recorded: (orderId: string) => Promise<void>;
  /** The order has ended in the database. */
  readonly settled: (orderId: string, end: End) => Promise<void>;
  /** The order has ended in the database, and its workflow has completed. */
  readonly ended: (orderId: string, end: End) => Promise<void>;
  readonly refunded: (paymentId: string) => Promise<void>;
  readonly stockOf: (sku: string) => Promise<Stock>;
  readonly checkoutsWith: (userId: number, key: string) => Promise<number>;
  /**
   * Sends the legacy service's delay message of a new order, with a short TTL, and waits until the bridge handled it.
   */
  readonly sendLegacyCancel: (orderId: string, userId: number) => Promise<void>;
  /** The workflow id of a late payment in the Web UI. */
  readonly latePayment: (paymentId: string) => string;
}

export function createObserver(deps: {
  readonly pool: Pool;
  readonly temporal: Client;
  readonly amqpUrl: string;
  readonly bridgeUrl: () => string;
}): Observer {
  const { pool, temporal } = deps;

  async function rowOf(sql: string, values: unknown[]): Promise<Record<string, unknown> | undefined> {
    const [rows] = await pool.query<RowDataPacket[]>(sql, values);
    return rows[0];
  }

  const orderRow = (orderId: string) =>
    rowOf(
      `SELECT o.status, m.kind AS movement FROM orders o
       LEFT JOIN stock_movements m ON m.order_id = o.order_id WHERE o.order_id = ?`,
      [orderId],
    );

  async function workflowStatus(workflowId: string): Promise<string> {
    try {
      return (await temporal.workflow.getHandle(workflowId).describe()).status.name;
    } catch (error) {
      // The database may end an order before the order's message has started the workflow.
      if (error instanceof WorkflowNotFoundError) return 'not started';
      throw error;
    }
  }

  async function settled(orderId: string, end: End): Promise<void> {
    await until(
      `order ${orderId} to be ${end.status}`,
      () => orderRow(orderId),
      (row) => row?.status === end.status && row.movement === end.movement,
    );
  }

  async function legacyAcks(): Promise<number> {
    const text = await (await fetch(`${deps.bridgeUrl()}/metrics`)).text();
    const line = new RegExp(
      `^orders_deliveries_total\\{.*queue="${ORDER_CANCEL_QUEUE}".*outcome="ack".*\\} (\\d+)$`,
      'm',
    );
    return Number(line.exec(text)?.[1] ?? 0);
  }

  return {
    async recorded(orderId) {
      await until(
        `order ${orderId} to be recorded`,
        () => orderRow(orderId),
        (row) => row !== undefined,
      );
    },
    settled,
    async ended(orderId, end) {
      await settled(orderId, end);
      await until(
        `the workflow of order ${orderId} to complete`,
        () => workflowStatus(orderWorkflowId(orderId)),
        (status) => status === 'COMPLETED',
      );
    },
    async refunded(paymentId) {
      await until(
        `payment ${paymentId} to be refunded`,
        () => rowOf('SELECT status FROM payments WHERE payment_id = ?', [paymentId]),
        (row) => row?.status === 'refunded',
      );
      await until(
        `the workflow of payment ${paymentId} to complete`,
        () => workflowStatus(latePaymentWorkflowId(paymentId)),
        (status) => status === 'COMPLETED',
      );
    },
    async stockOf(sku) {
      const stock = (await readStock(pool)).find((row) => row.sku === sku);
      if (stock === undefined) throw new Error(`there is no SKU ${sku}`);
      return stock;
    },
    async checkoutsWith(userId, key) {
      const sql = 'SELECT COUNT(*) AS n FROM checkouts WHERE user_id = ? AND idempotency_key = ?';
      return Number((await rowOf(sql, [userId, key]))?.n);
    },
    async sendLegacyCancel(orderId, userId) {
      const before = await legacyAcks();
      const connection = await connect(deps.amqpUrl, brokerSocket(deps.amqpUrl));
      const channel = await connection.createConfirmChannel();
      const body = {
        order_id: orderId,
        user_id: userId,
        created_at: new Date().toISOString(),
        reason: 'payment timeout',
      };
      channel.sendToQueue(ORDER_DELAY_QUEUE, Buffer.from(JSON.stringify(body)), { persistent: true, expiration: 500 });
      await channel.waitForConfirms();
      await connection.close();
      await until('the bridge to handle the legacy message', legacyAcks, (acks) => acks > before);
    },
    latePayment: latePaymentWorkflowId,
  };
}
