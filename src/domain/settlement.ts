import type { CancelReason, OrderStatus, RefundReason } from './order.js';

/** What asks for an order's end. A payment is named only: its amount is what the provider's webhook stored. */
export type SettlementCause =
  | { readonly kind: 'payment'; readonly paymentId: string }
  | { readonly kind: 'expired' }
  | { readonly kind: 'cancel'; readonly reason: CancelReason };

/**
 * `received` is not decided yet. Two wait for a person: `unplaced` names an order that is not known, and
 * `refund_failed` cannot go back as it came. A person has ended one that is `closed`.
 */
export type PaymentStatus =
  | 'received'
  | 'accepted'
  | 'refund_required'
  | 'refunded'
  | 'unplaced'
  | 'refund_failed'
  | 'closed';

export interface SettleableOrder {
  readonly orderId: string;
  readonly status: OrderStatus;
  readonly amount: number;
  readonly currency: string;
  /** By the database's clock, the one that set the deadline. */
  readonly pastDeadline: boolean;
}

export interface SettleablePayment {
  readonly paymentId: string;
  readonly orderId: string;
  readonly amount: number;
  readonly currency: string;
  readonly status: PaymentStatus;
}

export type Decision =
  | { readonly kind: 'pay'; readonly paymentId: string }
  | { readonly kind: 'cancel'; readonly reason: CancelReason }
  | { readonly kind: 'refund'; readonly paymentId: string; readonly reason: RefundReason }
  | { readonly kind: 'leave' };

const leave: Decision = { kind: 'leave' };

/** The window's end, told by the timer or by the legacy service's queue. Neither is believed before the deadline. */
export const endsWindow = (cause: SettlementCause): boolean =>
  cause.kind === 'expired' || (cause.kind === 'cancel' && cause.reason === 'legacy-timeout');

/**
 * The one rule by which an order ends. The first that finds it `placed` wins; whatever comes after finds it settled.
 * A payment is decided once, by its own order: a repeated one is left as it was decided, another order's is left alone.
 *
 * @param payment the one that the cause names; at the window's end, one that is stored and that nobody has decided yet
 */
export function decide(
  order: SettleableOrder,
  cause: SettlementCause,
  payment: SettleablePayment | undefined,
): Decision {
  switch (cause.kind) {
    case 'payment':
      return payment === undefined ? leave : decidePayment(order, payment);
    case 'expired':
      return endWindow(order, 'payment-window-expired', payment);
    case 'cancel':
      return endsWindow(cause) ? endWindow(order, cause.reason, payment) : cancel(order, cause.reason);
    default:
      return unreachable(cause);
  }
}

/** Money that is there already pays: its way to the workflow may have been longer than the rest of the window. */
function endWindow(order: SettleableOrder, reason: CancelReason, payment: SettleablePayment | undefined): Decision {
  if (!order.pastDeadline) return leave;
  const decision = payment === undefined ? leave : decidePayment(order, payment);
  return decision.kind === 'pay' ? decision : cancel(order, reason);
}

const cancel = ({ status }: SettleableOrder, reason: CancelReason): Decision =>
  status === 'placed' ? { kind: 'cancel', reason } : leave;

function decidePayment(order: SettleableOrder, payment: SettleablePayment): Decision {
  if (payment.status !== 'received' || payment.orderId !== order.orderId) return leave;
  const { paymentId } = payment;
  const reason = refusal(order, payment);
  return reason === undefined ? { kind: 'pay', paymentId } : { kind: 'refund', paymentId, reason };
}

function refusal(order: SettleableOrder, payment: SettleablePayment): RefundReason | undefined {
  if (order.status === 'canceled') return 'order-canceled';
  if (order.status === 'paid') return 'order-already-paid';
  if (payment.amount !== order.amount || payment.currency !== order.currency) return 'amount-mismatch';
  return undefined;
}

function unreachable(value: never): never {
  throw new Error(`unexpected cause: ${JSON.stringify(value)}`);
}
