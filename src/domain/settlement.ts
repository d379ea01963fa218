import type { CancelReason, OrderStatus, PaidReason, RefundReason } from './order.js';

/**
 * What may end an order. A payment is named by its id alone: the amount is the one that the webhook stored. An order that
 * costs nothing is ended by its own checkout.
 */
export type SettlementCause =
  | { readonly kind: 'payment'; readonly paymentId: string }
  | { readonly kind: 'expired' }
  | { readonly kind: 'nothing-to-pay' }
  | { readonly kind: 'cancel'; readonly reason: CancelReason };

/**
 * `received`: not decided yet. `unplaced`: the order is not known, and the payment waits for a person. `refund_failed`:
 * the refund can never succeed, and the payment waits for a person. `closed`: a person has closed the payment.
 * `voided`: the authorisation was given up, and no money has moved.
 */
export type PaymentStatus =
  | 'received'
  | 'accepted'
  | 'refund_required'
  | 'refunded'
  | 'unplaced'
  | 'refund_failed'
  | 'closed'
  | 'voided';

export interface SettleableOrder {
  readonly orderId: string;
  readonly status: OrderStatus;
  readonly amount: number;
  readonly currency: string;
  /** By the database's clock, which set the deadline. */
  readonly pastDeadline: boolean;
  /** Whether the end of its window still waits for the close of payments that were begun here. */
  readonly closesPayments?: boolean;
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
  | { readonly kind: 'pay-nothing'; readonly reason: PaidReason }
  | { readonly kind: 'cancel'; readonly reason: CancelReason }
  | { readonly kind: 'refund'; readonly paymentId: string; readonly reason: RefundReason }
  | { readonly kind: 'leave' };

const leave: Decision = { kind: 'leave' };

/**
 * Whether the timer or the legacy service's queue reports the end of the window. The deadline is checked in each case.
 */
export const endsWindow = (cause: SettlementCause): boolean =>
  cause.kind === 'expired' || (cause.kind === 'cancel' && cause.reason === 'legacy-timeout');

/**
 * The rule by which every order ends. The first cause that finds the order `placed` decides; each later cause finds the
 * order settled. A payment is decided once, by its own order: a second decision changes nothing, and a payment of
 * another order is not touched.
 *
 * @param payment the payment that the cause names; at the end of the window, a stored payment that is not decided yet
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
    case 'nothing-to-pay':
      return payNothing(order, cause.kind);
    case 'cancel':
      return endsWindow(cause) ? endWindow(order, cause.reason, payment) : cancel(order, cause.reason);
    default:
      return unreachable(cause);
  }
}

/**
 * A payment that is stored and not decided still pays the order. The payment's event could not settle the order, such
 * as while another transaction held the stock, or the payment was assigned to the order later, and no sweep has settled
 * the payment since. An order whose customer may still be paying waits until the payment is closed.
 */
function endWindow(order: SettleableOrder, reason: CancelReason, payment: SettleablePayment | undefined): Decision {
  if (!order.pastDeadline) return leave;
  const decision = payment === undefined ? leave : decidePayment(order, payment);
  if (decision.kind === 'pay') return decision;
  return order.closesPayments ? leave : cancel(order, reason);
}

/** An order with an amount waits for its payment, also when a cause says that nothing is to pay. */
const payNothing = ({ status, amount }: SettleableOrder, reason: PaidReason): Decision =>
  status === 'placed' && amount === 0 ? { kind: 'pay-nothing', reason } : leave;

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
