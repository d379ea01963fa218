import type { RecordedOrder } from '../src/db/orders/orders.js';
import type { Settlement } from '../src/db/orders/settlement.js';
import type { StoredPayment } from '../src/db/payments/payments.js';
import { isUncaptured } from '../src/domain/authorisation.js';
import { DomainError, unavailable } from '../src/domain/errors.js';
import { priceInWords } from '../src/domain/in-words.js';
import { type PaymentProvider, providersPaymentId, refundKey } from '../src/domain/payment.js';
import type { SettlementCause } from '../src/domain/settlement.js';
import type { Asks, ClosedPayments, OrderActivities, OrderStanding, RefundAnswer } from '../workflows/contract.js';
import { type CaptureDeps, capture, release } from './captures.js';
import { asFailure } from './failures.js';
import { type OrderRefundDeps, refundOrder } from './order-refunds.js';

export interface ActivityDeps extends OrderRefundDeps, CaptureDeps {
  /** Calls at the same time share one write. Returns `undefined` for an id that no checkout has. */
  readonly recordOrder: (orderId: string) => Promise<RecordedOrder | undefined>;
  readonly settleOrder: (orderId: string, cause: SettlementCause) => Promise<Settlement>;
  readonly markRefunded: (paymentId: string, refundId: string, amount?: number) => Promise<void>;
  readonly remindOfDeadline: (orderId: string, expiresAt: Date) => Promise<boolean>;
  /** How long before the deadline customers are reminded; without a value no customer is reminded. */
  readonly remindBeforeMs: number | undefined;
  /** Closes the payments that were begun for the order, at their providers. */
  readonly closePayments: (orderId: string) => Promise<ClosedPayments>;
  /** The configured providers. Each provider refunds the payments that it took. */
  readonly providers: readonly PaymentProvider[];
}

/**
 * Each activity may run any number of times: the database, or the provider's refund key, makes the effect happen once.
 */
export function createActivities(deps: ActivityDeps): OrderActivities {
  return {
    recordOrder: (orderId, asks) => asFailure(record(deps, orderId, asks)),
    settleOrder: (orderId, cause, asks) => asFailure(settle(deps, orderId, cause, asks)),
    refundPayment: (paymentId) => asFailure(refund(deps, paymentId)),
    capturePayment: (paymentId) => asFailure(capture(deps, (payment) => providerOf(deps, payment), paymentId)),
    refundOrder: (refundId) => asFailure(refundOrder(deps, (payment) => providerOf(deps, payment), refundId)),
    remindOfDeadline: (orderId, expiresAt) => asFailure(remind(deps, orderId, expiresAt)),
    closePayments: (orderId) => asFailure(deps.closePayments(orderId)),
  };
}

async function record(deps: ActivityDeps, orderId: string, asks: Asks | undefined): Promise<OrderStanding> {
  const order = await deps.recordOrder(orderId);
  if (order === undefined) throw new DomainError('order-unknown', `no checkout has the order id ${orderId}`);
  return standing(order, null, { ...deps, asks });
}

async function settle(
  deps: ActivityDeps,
  orderId: string,
  cause: SettlementCause,
  asks: Asks | undefined,
): Promise<OrderStanding> {
  const { order, refund } = await deps.settleOrder(orderId, cause);
  const payment = refund === null ? undefined : await deps.findPayment(refund.paymentId);
  const price = payment && { price: priceInWords(payment.amount, payment.currency) };
  const voids = payment && isUncaptured(payment) && ({ voids: true } as const);
  const owed = refund && { paymentId: refund.paymentId, reason: refund.reason, ...price, ...voids };
  const answer = standing(order, owed, {
    ...deps,
    asks,
  });
  return { ...answer, ...waitOf(order, asks) };
}

/**
 * The activity may die between the provider's refund and the mark in the database. The retry then sends the same key,
 * and the provider returns the same refund. A refund that can never succeed is stored for a person, and is not retried.
 */
async function refund(deps: ActivityDeps, paymentId: string): Promise<RefundAnswer> {
  const payment = await deps.findPayment(paymentId);
  if (payment?.status !== 'refund_required') return { refundId: payment?.refundId ?? null };
  if (isUncaptured(payment)) return await release(deps, (one) => providerOf(deps, one), payment);
  const { currency, refundReason, refundAttempt, uncapturedAmount } = payment;
  const amount = payment.amount - uncapturedAmount;
  const outcome = await providerOf(deps, payment).refund({
    key: refundKey(paymentId, refundAttempt),
    paymentId: providersPaymentId(payment),
    amount,
    currency,
    reason: refundReason ?? '',
  });
  if (outcome.refused !== undefined) {
    await deps.markRefundFailed(payment, outcome.refused);
    return { refundId: null, refused: outcome.refused };
  }
  await deps.markRefunded(paymentId, outcome.refundId, outcome.amount);
  return { refundId: outcome.refundId };
}

/**
 * A refund stays owed when an operator removes its provider's configuration: the retries wait for the configuration.
 */
function providerOf({ providers }: ActivityDeps, { provider, paymentId }: StoredPayment): PaymentProvider {
  const configured = providers.find(({ name }) => name === provider);
  if (configured !== undefined) return configured;
  throw unavailable(`the payment provider "${provider}"`, new Error(`not configured here, and owed ${paymentId}`));
}

async function remind(
  { remindOfDeadline }: ActivityDeps,
  orderId: string,
  expiresAt: string,
): Promise<{ reminded: boolean }> {
  return { reminded: await remindOfDeadline(orderId, new Date(expiresAt)) };
}

/**
 * Of an order that is past its deadline, while payments are to be closed: the time to the moment at which the order ends in
 * any case. An earlier version of the workflow waits until this moment.
 */
function waitOf(
  { status, expiresInMs, closingForMs }: RecordedOrder,
  asks: Asks | undefined,
): Partial<Pick<OrderStanding, 'expiresInMs' | 'closesPayments'>> {
  if (status !== 'placed' || expiresInMs > 0 || closingForMs === null || closingForMs === 0) return {};
  return { expiresInMs: closingForMs, ...(asks?.closesPayments && { closesPayments: true }) };
}

const standing = (
  order: RecordedOrder,
  refund: OrderStanding['refund'],
  { remindBeforeMs, asks }: Pick<ActivityDeps, 'remindBeforeMs'> & { readonly asks: Asks | undefined },
): OrderStanding => ({
  orderId: order.orderId,
  status: order.status,
  expiresAt: order.expiresAt.toISOString(),
  expiresInMs: order.expiresInMs,
  ...(remindBeforeMs !== undefined && { remindBeforeMs, ...(asks?.reminds && { reminds: true }) }),
  cancelReason: order.cancelReason,
  ...(order.paidReason !== null && { paidReason: order.paidReason }),
  paymentId: order.paymentId,
  refund,
});
