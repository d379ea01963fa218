import type { CancelReason, PaidReason, RefundReason } from './order.js';
import type { SettleableOrder, SettleablePayment } from './settlement.js';
import { decide, endsWindow, type PaymentStatus, type SettlementCause } from './settlement.js';

/** A cause for an order's end, as it arrives. */
export interface SettlementRequest {
  readonly orderId: string;
  readonly cause: SettlementCause;
}

type LockedOrder = SettleableOrder & {
  readonly cancelReason: CancelReason | null;
  readonly paidReason: PaidReason | null;
  readonly paymentId: string | null;
};
type LockedPayment = SettleablePayment & { readonly refundReason: RefundReason | null };

/** The order after the cause. `refund` is set while the payment of the cause has to be refunded. */
export interface Decided<O> {
  readonly order: O;
  readonly refund: { readonly paymentId: string; readonly reason: RefundReason } | null;
}

/** What the causes have changed: each order at most once, and each payment at most once. */
export interface Changes {
  readonly paid: readonly { readonly orderId: string; readonly paymentId: string }[];
  readonly free: readonly { readonly orderId: string; readonly reason: PaidReason }[];
  readonly canceled: readonly { readonly orderId: string; readonly reason: CancelReason }[];
  readonly refunds: readonly {
    readonly orderId: string;
    readonly paymentId: string;
    readonly reason: RefundReason;
  }[];
}

/**
 * Decides the causes of many orders in their sequence: a cause finds what the causes before it have decided.
 *
 * @param orders the locked orders; a request whose order is missing here gets `undefined`
 * @param payments the locked payments that the causes name, and the undecided payments of the orders whose window ends,
 *   in the order of their arrival
 */
export function decideAll<O extends LockedOrder, P extends LockedPayment>(
  requests: readonly SettlementRequest[],
  orders: readonly O[],
  payments: readonly P[],
): { readonly decided: (Decided<O> | undefined)[]; readonly changes: Changes } {
  const orderOf = new Map(orders.map((order) => [order.orderId, order]));
  const paymentOf = new Map(payments.map((payment) => [payment.paymentId, payment]));
  const paid: Changes['paid'][number][] = [];
  const free: Changes['free'][number][] = [];
  const canceled: Changes['canceled'][number][] = [];
  const refunds: Changes['refunds'][number][] = [];

  const undecidedOf = (order: O): P | undefined =>
    [...paymentOf.values()].find(
      ({ orderId, status, amount, currency }) =>
        orderId === order.orderId && status === 'received' && amount === order.amount && currency === order.currency,
    );

  function mark(paymentId: string, status: PaymentStatus, refundReason: RefundReason | null): void {
    const payment = paymentOf.get(paymentId);
    if (payment !== undefined) paymentOf.set(paymentId, { ...payment, status, refundReason });
  }

  function settle({ orderId, cause }: SettlementRequest): Decided<O> | undefined {
    const order = orderOf.get(orderId);
    if (order === undefined) return undefined;
    const named = cause.kind === 'payment' ? paymentOf.get(cause.paymentId) : undefined;
    const payment = named ?? (endsWindow(cause) ? undecidedOf(order) : undefined);
    const decision = decide(order, cause, payment);
    switch (decision.kind) {
      case 'leave':
        return { order, refund: owed(orderId, payment) };
      case 'refund': {
        const { paymentId, reason } = decision;
        mark(paymentId, 'refund_required', reason);
        refunds.push({ orderId, paymentId, reason });
        return { order, refund: { paymentId, reason } };
      }
      case 'pay': {
        const { paymentId } = decision;
        mark(paymentId, 'accepted', null);
        paid.push({ orderId, paymentId });
        return end({ ...order, status: 'paid', paymentId });
      }
      case 'pay-nothing': {
        const { reason } = decision;
        free.push({ orderId, reason });
        return end({ ...order, status: 'paid', paidReason: reason });
      }
      case 'cancel': {
        const { reason } = decision;
        canceled.push({ orderId, reason });
        return end({ ...order, status: 'canceled', cancelReason: reason });
      }
    }
  }

  function end(order: O): Decided<O> {
    orderOf.set(order.orderId, order);
    return { order, refund: null };
  }

  return { decided: requests.map(settle), changes: { paid, free, canceled, refunds } };
}

function owed(orderId: string, payment: LockedPayment | undefined): Decided<unknown>['refund'] {
  if (payment?.orderId !== orderId) return null;
  if (payment.status !== 'refund_required' || payment.refundReason === null) return null;
  return { paymentId: payment.paymentId, reason: payment.refundReason };
}
