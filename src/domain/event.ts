/** The events of an order, for other systems. */
export const ORDER_EVENTS = [
  'order.placed',
  'order.paid',
  'order.canceled',
  'order.expiring',
  'order.extended',
] as const;
/** The events of money that goes back, is disputed, has no order, or was authorised and can never be captured. */
export const PAYMENT_EVENTS = [
  'refund.required',
  'refund.succeeded',
  'refund.failed',
  'dispute.opened',
  'dispute.closed',
  'payment.unplaced',
  'capture.failed',
] as const;
export const STOCK_EVENTS = ['stock.sold-out', 'stock.back'] as const;

/** All of them. */
export const EVENT_TYPES = [...ORDER_EVENTS, ...PAYMENT_EVENTS, ...STOCK_EVENTS] as const;

export type OrderEventType = (typeof ORDER_EVENTS)[number];
export type PaymentEventType = (typeof PAYMENT_EVENTS)[number];
export type EventType = OrderEventType | PaymentEventType | (typeof STOCK_EVENTS)[number];

/** An event as its receivers get it. */
export interface ShopEvent {
  readonly eventId: string;
  readonly type: EventType;
  /** The order's id; the SKU; for a payment without an order the payment's id. */
  readonly subject: string;
  /** Counts the events of an order from 1. Events about stock, and of payments without an order, have none. */
  readonly sequence: number | null;
  readonly occurredAt: Date;
  readonly data: object;
}

/**
 * Delivers events of several subjects. The events of one list are of one subject: the next is sent after the one before
 * was confirmed, and none after one that was not.
 *
 * @returns the ids of the events that were confirmed
 */
export type DeliverEvents = (bySubject: readonly (readonly ShopEvent[])[]) => Promise<ReadonlySet<string>>;
