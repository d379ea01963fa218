import { v7 as uuid } from 'uuid';
import type { EventType } from '../../domain/event.js';
import type { Transaction } from '../driver/transaction.js';

/** A fact for other systems. The transaction that makes the fact true inserts the event. */
export interface NewEvent {
  readonly type: EventType;
  /** The order, and the number of the event among the order's events. */
  readonly ofOrder?: { readonly orderId: string; readonly sequence: number };
  readonly sku?: string;
  readonly paymentId?: string;
  readonly data: object;
  /** Where the fact has a time of its own; the time of the statement if not given. */
  readonly occurredAt?: Date;
}

/**
 * Writes events in the order of the list. The caller holds the lock of what the events are about, or inserts it, so that
 * they keep their order. Events of an order that others may change are written by `insertOrderEvents`.
 */
export async function insertEvents(transaction: Transaction, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(({ type, ofOrder, sku, paymentId, data, occurredAt }) => [
    uuid(),
    type,
    ofOrder?.orderId ?? null,
    ofOrder?.sequence ?? null,
    sku ?? null,
    paymentId ?? null,
    JSON.stringify(data),
    occurredAt ?? null,
  ]);
  await transaction.query(
    `INSERT INTO events (event_id, type, order_id, sequence, sku, payment_id, data, occurred_at)
     VALUES ${rows.map(() => '(?, ?, ?, ?, ?, ?, ?, COALESCE(?, UTC_TIMESTAMP(3)))').join(', ')}`,
    rows.flat(),
  );
}

/**
 * The event of a stock whose `available` has become 0, or more than 0 again. Each crossing has one event, and the lock of
 * the product's row gives the events their order.
 */
export function crossingOf(sku: string, before: number, after: number): NewEvent[] {
  if (before > 0 && after === 0) return [{ type: 'stock.sold-out', sku, data: { sku } }];
  if (before === 0 && after > 0) return [{ type: 'stock.back', sku, data: { sku, available: after } }];
  return [];
}

/**
 * Writes `stock.back` for each SKU that had nothing available before these units came back. Sent behind the UPDATE that
 * gives them back: the units of this transaction are then all that is available.
 */
export async function insertBack(
  transaction: Transaction,
  released: readonly { readonly sku: string; readonly units: number }[],
): Promise<void> {
  const rows = released.filter(({ units }) => units > 0).map((row) => ({ ...row, id: uuid() }));
  if (rows.length === 0) return;
  await transaction.query(
    `INSERT INTO events (event_id, type, sku, data, occurred_at)
     SELECT released.id, 'stock.back', p.sku, JSON_OBJECT('sku', p.sku, 'available', p.available), UTC_TIMESTAMP(3)
     FROM JSON_TABLE(?, '$[*]' COLUMNS (
       id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin PATH '$.id',
       sku VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PATH '$.sku',
       units BIGINT PATH '$.units')) AS released
     STRAIGHT_JOIN products p FORCE INDEX (PRIMARY) ON p.sku = released.sku
     WHERE p.available = released.units`,
    [JSON.stringify(rows)],
  );
}
