import type { StoredPayment } from '../src/db/payments/payments.js';
import type { OrderRefund } from '../src/domain/order-refund.js';
import { type PaymentProvider, providersPaymentId, refundKey } from '../src/domain/payment.js';
import type { RefundAnswer } from '../workflows/contract.js';

export interface OrderRefundDeps {
  readonly findRefund: (refundId: string) => Promise<OrderRefund | undefined>;
  readonly findPayment: (paymentId: string) => Promise<StoredPayment | undefined>;
  readonly markOrderRefunded: (refundId: string, providerRefundId: string, amount?: number) => Promise<void>;
  readonly markOrderRefundFailed: (refund: OrderRefund, why: string) => Promise<void>;
}

/**
 * Makes a refund of an order that was paid. The activity may die between the provider's refund and the mark in the
 * database: the retry then sends the same key, and the provider returns the same refund.
 */
export async function refundOrder(
  deps: OrderRefundDeps,
  providerOf: (payment: StoredPayment) => PaymentProvider,
  refundId: string,
): Promise<RefundAnswer> {
  const refund = await deps.findRefund(refundId);
  if (refund?.state !== 'required') return { refundId: refund?.providerRefundId ?? null };
  const payment = refund.paymentId === null ? undefined : await deps.findPayment(refund.paymentId);
  if (payment === undefined) throw new Error(`refund ${refundId} has no payment`);
  const outcome = await providerOf(payment).refund({
    key: refundKey(refundId, refund.attempt),
    paymentId: providersPaymentId(payment),
    amount: refund.amount,
    currency: refund.currency,
    reason: 'requested-by-operator',
    beside: true,
  });
  if (outcome.refused !== undefined) {
    await deps.markOrderRefundFailed(refund, outcome.refused);
    return { refundId: null, refused: outcome.refused };
  }
  await deps.markOrderRefunded(refundId, outcome.refundId, outcome.amount);
  return { refundId: outcome.refundId };
}
