import type { Pool } from '../db/driver/pool.js';
import { type OrderRecord, readOrderRecord } from '../db/orders/order-record.js';
import { priceInWords } from '../domain/in-words.js';
import { customerOf, labeled } from './order-words.js';
import { onOneLine } from './product-words.js';
import { disputeInWords, refundInWords } from './refund-words.js';

interface ShowOptions {
  readonly json: boolean;
  /** The page of the order's workflow in Temporal's Web UI. */
  readonly timeline: string;
  readonly say: (line: string) => void;
}

/** @returns false when there is no such order */
export async function showCommand(pool: Pool, orderId: string, { json, timeline, say }: ShowOptions): Promise<boolean> {
  const order = await readOrderRecord(pool, orderId);
  if (order === undefined) {
    const missing = `There is no order ${orderId}. To look for one: orders list --customer ID`;
    say(json ? JSON.stringify({ error: missing }) : missing);
    return false;
  }
  if (json) say(JSON.stringify({ ...order, timeline }, null, 2));
  else for (const line of linesOf(order, timeline)) say(line);
  return true;
}

function linesOf(order: OrderRecord, timeline: string): string[] {
  const { orderId, status, items, amount, currency, message } = order;
  return [
    labeled('order', orderId),
    labeled('status', status),
    ...(order.archived ? [labeled('archived', 'yes')] : []),
    ...(order.cancelReason === null ? [] : [labeled('cancel reason', order.cancelReason)]),
    ...(!order.paidReason ? [] : [labeled('paid reason', order.paidReason)]),
    labeled('bought by', customerOf(order)),
    ...(order.reference === undefined ? [] : [labeled('reference', order.reference)]),
    ...items.map(({ sku, quantity, unitPrice }) =>
      labeled('item', `${quantity} × ${sku}, ${priceInWords(unitPrice, currency)} each`),
    ),
    ...(order.adjustments ?? []).map((adjustment) =>
      labeled(
        adjustment.kind,
        `${priceInWords(adjustment.amount, currency)}, ${adjustment.label}${adjustment.included ? ', included in the prices' : ''}`,
      ),
    ),
    labeled('amount', priceInWords(amount, currency)),
    ...Object.entries(order.metadata ?? {}).map(([name, value]) => labeled('metadata', `${name}: ${value}`)),
    ...(order.paymentMethod === undefined ? [] : [labeled('payment method', order.paymentMethod)]),
    labeled('placed', order.createdAt),
    labeled(status === 'placed' ? 'is due' : 'was due', order.expiresAt),
    ...(order.settledAt === null ? [] : [labeled('ended', order.settledAt)]),
    ...(order.succeeds ? [labeled('succeeds', order.succeeds)] : []),
    ...(order.successor ? [labeled('successor', order.successor)] : []),
    labeled('refund', order.refund),
    labeled(
      'message',
      message.publishedAt === null ? 'waits in the outbox' : `sent ${message.publishedAt.toISOString()}`,
    ),
    labeled('recorded', message.recordedAt ?? 'not yet'),
    ...(message.reportDue ? [labeled('report', 'the report of the end to Temporal is due')] : []),
    ...rowsOf('begun', order.begunPayments),
    ...order.payments.map((payment) =>
      labeled('payment', `${payment.paymentId}  ${payment.status}  ${priceInWords(payment.amount, payment.currency)}`),
    ),
    ...order.orderRefunds.map((refund) => labeled('order refund', refundInWords(refund))),
    ...order.disputes.map((dispute) => labeled('dispute', disputeInWords(dispute))),
    ...rowsOf('payment event', order.paymentEvents),
    ...rowsOf('stock', order.stockMovements),
    ...rowsOf('not moved', order.stockDiscrepancies),
    ...rowsOf('event', order.events),
    labeled('timeline', timeline),
  ];
}

const rowsOf = (name: string, rows: readonly object[]): string[] =>
  rows.map((row) =>
    labeled(
      name,
      Object.entries(row)
        .filter(([, value]) => value !== null)
        .map(([field, value]) => `${field} ${inWords(value)}`)
        .join(', '),
    ),
  );

function inWords(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' ? JSON.stringify(value) : onOneLine(String(value));
}
