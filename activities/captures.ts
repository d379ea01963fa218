import type { Authorisation } from '../src/db/authorisations/rows.js';
import type { StoredPayment } from '../src/db/payments/payments.js';
import { captureKey, voidKey } from '../src/domain/authorisation.js';
import { unavailable } from '../src/domain/errors.js';
import { type PaymentProvider, providersPaymentId } from '../src/domain/payment.js';
import type { CaptureAnswer, RefundAnswer } from '../workflows/contract.js';

export interface CaptureDeps {
  readonly findPayment: (paymentId: string) => Promise<StoredPayment | undefined>;
  readonly findAuthorisation: (paymentId: string) => Promise<Authorisation | undefined>;
  readonly markCaptured: (paymentId: string, amount: number) => Promise<void>;
  readonly markCaptureFailed: (payment: StoredPayment, attempt: number, why: string) => Promise<void>;
  readonly markVoided: (paymentId: string) => Promise<void>;
  readonly markRefundFailed: (payment: StoredPayment, why: string) => Promise<void>;
}

type ProviderOf = (payment: StoredPayment) => PaymentProvider;

const orderOf = (payment: StoredPayment, key: string) => {
  const { amount, currency } = payment;
  return { key, paymentId: providersPaymentId(payment), amount, currency };
};

/**
 * Captures an authorisation that has paid its order. The activity may die between the provider's capture and the mark in
 * the database: the retry then learns from the provider what was captured.
 */
export async function capture(deps: CaptureDeps, providerOf: ProviderOf, paymentId: string): Promise<CaptureAnswer> {
  const payment = await deps.findPayment(paymentId);
  const authorisation = await deps.findAuthorisation(paymentId);
  if (payment?.status !== 'accepted' || authorisation?.state !== 'authorised') {
    return { captured: payment === undefined ? 0 : payment.amount - payment.uncapturedAmount };
  }
  const { attempt } = authorisation;
  const outcome = await providerOf(payment).capture(orderOf(payment, captureKey(paymentId, attempt)));
  if (outcome.refused !== undefined) {
    await deps.markCaptureFailed(payment, attempt, outcome.refused);
    return { captured: 0, refused: outcome.refused };
  }
  await deps.markCaptured(paymentId, outcome.captured);
  return { captured: outcome.captured };
}

/**
 * Gives up an authorisation that is marked for refund. Money that was captured meanwhile, such as by a person in the
 * dashboard, is recorded, and the next try refunds it.
 */
export async function release(
  deps: CaptureDeps,
  providerOf: ProviderOf,
  payment: StoredPayment,
): Promise<RefundAnswer> {
  const { paymentId, refundAttempt } = payment;
  const outcome = await providerOf(payment).void(orderOf(payment, voidKey(paymentId, refundAttempt)));
  if (outcome.refused !== undefined) {
    await deps.markRefundFailed(payment, outcome.refused);
    return { refundId: null, refused: outcome.refused };
  }
  if (outcome.captured !== undefined) {
    await deps.markCaptured(paymentId, outcome.captured);
    throw unavailable('the void', new Error(`${outcome.captured} of ${paymentId} was captured, and is refunded next`));
  }
  await deps.markVoided(paymentId);
  return { refundId: null, voided: true };
}
