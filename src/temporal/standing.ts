import type { OrderStanding } from '../../workflows/contract.js';
import { isUncaptured } from '../domain/authorisation.js';
import { priceInWords } from '../domain/in-words.js';
import type { OrderView, RefundReason } from '../domain/order.js';
import type { PaymentStatus } from '../domain/settlement.js';

/** A stored payment, as far as Temporal needs it. */
export interface DeliverablePayment {
  readonly paymentId: string;
  readonly orderId: string;
  /** In minor units. */
  readonly amount: number;
  readonly currency: string;
  /** What is authorised, and not captured. */
  readonly uncapturedAmount?: number;
  readonly status: PaymentStatus;
  readonly refundReason: RefundReason | null;
}

/** What a signal says of an order that the database has decided. */
type Decided = { readonly order?: OrderStanding };

/** @returns the order after the payment's settlement; nothing while the payment is undecided */
export function standingAfter(order: OrderView, payment: DeliverablePayment): Decided {
  const { paymentId, amount, currency, status, refundReason } = payment;
  const price = priceInWords(amount, currency);
  if (status === 'accepted') return standing(order, { paymentId, refund: null });
  if (status !== 'refund_required' || refundReason === null) return {};
  const voids = isUncaptured(payment) && ({ voids: true } as const);
  return standing(order, { paymentId: null, refund: { paymentId, reason: refundReason, price, ...voids } });
}

/** @returns the order after its end; nothing while the order is placed */
export const standingOfEnded = (order: OrderView, paymentId: string | null): Decided =>
  order.status === 'placed' ? {} : standing(order, { paymentId, refund: null });

const standing = (
  { orderId, status, cancelReason, paidReason, expiresAt }: OrderView,
  more: Pick<OrderStanding, 'paymentId' | 'refund'>,
): Decided => ({
  order: {
    orderId,
    status,
    cancelReason,
    ...(paidReason && { paidReason }),
    expiresAt: expiresAt.toISOString(),
    expiresInMs: Math.max(0, expiresAt.getTime() - Date.now()),
    ...more,
  },
});
