import type { RowDataPacket } from 'mysql2/promise';
import type { Checkout } from '../../domain/checkout.js';
import type { EventType, ShopEvent } from '../../domain/event.js';
import { alsoArchived } from '../archive/also-archived.js';
import { type CheckoutRow, toCheckout } from '../checkouts/checkout-row.js';
import type { Transaction } from '../driver/transaction.js';

export interface EventRow extends RowDataPacket {
  readonly position: number;
  readonly event_id: string;
  readonly type: EventType;
  readonly order_id: string | null;
  readonly sequence: number | null;
  readonly sku: string | null;
  readonly payment_id: string | null;
  readonly data: string;
  readonly occurred_at: Date;
}

interface Payment {
  readonly paymentId: string;
  readonly provider: string;
  readonly amount: number;
  readonly currency: string;
}

/** What may change of an order, as the event has stored it. */
interface State {
  readonly status: string;
}

interface Bought {
  readonly order: object;
  /** When the order ended. Does not change after the end. */
  readonly settledAt: Date | null;
}

/** Adds to events what never changes: what was bought, and what was paid, also of archived orders. */
export async function shopEventsOf(transaction: Transaction, rows: readonly EventRow[]): Promise<ShopEvent[]> {
  const orders = await ordersOf(transaction, rows);
  const payments = await paymentsOf(transaction, rows);
  return rows.map((row) => ({
    eventId: row.event_id,
    type: row.type,
    subject: row.order_id ?? row.sku ?? row.payment_id ?? '',
    sequence: row.sequence,
    occurredAt: row.occurred_at,
    data: dataOf(row, orders.get(row.order_id ?? ''), payments.get(row.payment_id ?? '')),
  }));
}

function dataOf(row: EventRow, bought: Bought | undefined, payment: Payment | undefined): object {
  const { state, ...facts } = JSON.parse(row.data) as { readonly state?: State };
  if (row.order_id === null) return { ...payment, ...facts };
  const isOpen = state === undefined || state.status === 'placed';
  const settledAt = isOpen ? null : (bought?.settledAt ?? null);
  const order = { orderId: row.order_id, ...bought?.order, ...open, ...state, settledAt };
  return row.payment_id === null ? { ...order, ...facts } : { ...payment, ...facts, order };
}

/** Also of the events that the version before has written: it wrote events of open orders only. */
const open = { status: 'placed', cancelReason: null, paidReason: null, paymentId: null };

interface BoughtRow extends CheckoutRow {
  readonly settled_at: Date | null;
  readonly succeeds: string | null;
}

async function ordersOf(transaction: Transaction, rows: readonly EventRow[]): Promise<ReadonlyMap<string, Bought>> {
  const ids = rows.flatMap(({ order_id: id }) => id ?? []);
  if (ids.length === 0) return new Map();
  const sql = `SELECT c.*, o.settled_at, s.order_id AS succeeds FROM checkouts c FORCE INDEX (PRIMARY)
    LEFT JOIN orders o ON o.order_id = c.order_id LEFT JOIN late_sales s ON s.successor_id = c.order_id
    WHERE c.order_id IN (?)`;
  const found = await alsoArchived(
    [...new Set(ids)],
    async (some, where) => (await transaction.query<BoughtRow[]>(where(sql), [some]))[0],
    (row) => row.order_id,
  );
  return new Map(
    found.map((row) => {
      const order = { ...boughtBy(toCheckout(row)), ...(row.succeeds !== null && { succeeds: row.succeeds }) };
      return [row.order_id, { order, settledAt: row.settled_at }];
    }),
  );
}

/** Without the read token, which is a secret, and without the deadline, which may move. */
function boughtBy(checkout: Checkout): object {
  const { readToken: _token, traceparent: _trace, expiresAt: _deadline, ...bought } = checkout;
  return bought;
}

async function paymentsOf(transaction: Transaction, rows: readonly EventRow[]): Promise<ReadonlyMap<string, Payment>> {
  const ids = rows.flatMap(({ payment_id: id }) => id ?? []);
  if (ids.length === 0) return new Map();
  const sql = `SELECT payment_id AS paymentId, provider, amount, currency
    FROM payments FORCE INDEX (PRIMARY) WHERE payment_id IN (?)`;
  const found = await alsoArchived(
    [...new Set(ids)],
    async (some, where) => (await transaction.query<(RowDataPacket & Payment)[]>(where(sql), [some]))[0],
    ({ paymentId }) => paymentId,
  );
  return new Map(
    found.map(({ paymentId, provider, amount, currency }) => [paymentId, { paymentId, provider, amount, currency }]),
  );
}
