import { isDeepStrictEqual } from 'node:util';
import { v7 as uuid } from 'uuid';
import { createDashboard } from './dashboard.js';
import { createEntries } from './entries.js';
import type { Payment, Refund } from './money.js';
import { ProblemError } from './problem.js';
import type { PaymentRequest, RefundRequest } from './schemas.js';

export type { Payment, Refund } from './money.js';

/** The provider's payments and refunds. They are in memory: after a restart the simulator has none. */
export function createLedger(clock: () => Date) {
  const payments = new Map<string, Payment>();
  const refundsByKey = new Map<string, { request: object; refund: Refund; byHand?: true }>();
  const entries = createEntries(clock);

  const refundsOf = (paymentId: string) =>
    [...refundsByKey.values()].map(({ refund }) => refund).filter((refund) => refund.paymentId === paymentId);

  /**
   * Takes a payment. A second call with the same payment, to send another webhook, charges nothing. A failed payment
   * may succeed later.
   *
   * @throws {ProblemError} 409 when the payment exists with another order, amount or currency, and when it was canceled
   */
  function charge(request: PaymentRequest): Payment {
    const { orderId, amount, currency, paymentId = `pay_${uuid()}` } = request;
    const known = payments.get(paymentId);
    if (known && (known.orderId !== orderId || known.amount !== amount || known.currency !== currency)) {
      throw new ProblemError(409, 'Payment exists', `${paymentId} was made for another order, amount or currency`);
    }
    if (known?.status === 'canceled') throw new ProblemError(409, 'Payment closed', `${paymentId} was canceled`);
    const succeeded = request.type === 'payment.succeeded' || known?.status === 'succeeded';
    const isHeld = request.type === 'payment.authorised' || known?.status === 'authorised';
    const status = succeeded ? 'succeeded' : isHeld ? 'authorised' : 'failed';
    const createdAt = known?.createdAt ?? clock().toISOString();
    return put({ paymentId, orderId, amount, currency, status, createdAt });
  }

  /**
   * Refunds the requested amount, or the rest if less is left, once per idempotency key.
   *
   * @throws {ProblemError} 404 for an unknown payment; 410 when nothing is left of the payment; 422 for another
   *   currency, or for a used key with another body
   */
  function refund(key: string, request: RefundRequest): { refund: Refund; repeated: boolean } {
    const earlier = refundsByKey.get(key);
    if (earlier) {
      if (isDeepStrictEqual(earlier.request, request)) return { refund: earlier.refund, repeated: true };
      throw new ProblemError(422, 'Key reused', 'This Idempotency-Key was used with another body');
    }
    const payment = payments.get(request.paymentId);
    if (!payment) throw new ProblemError(404, 'Unknown payment', `There is no payment ${request.paymentId}`);
    if (payment.currency !== request.currency) {
      throw new ProblemError(422, 'Wrong currency', `${payment.paymentId} was paid in ${payment.currency}`);
    }
    const left = leftOf(payment);
    if (left === 0) throw new ProblemError(410, 'Not refundable', `nothing of ${payment.paymentId} is left to refund`);
    const made: Refund = {
      ...request,
      amount: Math.min(request.amount, left),
      refundId: `ref_${uuid()}`,
      status: 'succeeded',
      createdAt: clock().toISOString(),
    };
    refundsByKey.set(key, { request, refund: made });
    entries.refunded(made, key);
    return { refund: made, repeated: false };
  }

  function put(payment: Payment): Payment {
    payments.set(payment.paymentId, payment);
    entries.ofPayment(payment);
    return payment;
  }

  function leftOf({ paymentId, status, amount }: Payment): number {
    const refunded = refundsOf(paymentId).filter((one) => one.status === 'succeeded');
    return status === 'succeeded' ? amount - refunded.reduce((sum, one) => sum + one.amount, 0) : 0;
  }

  /**
   * Takes the money of an authorisation, or a part of it: the rest is then free again. Money that was taken stays taken.
   *
   * @throws {ProblemError} 404; 410 where nothing is authorised; 422 for another currency, and for more than is authorised
   */
  function capture(paymentId: string, amount: number, currency: string): Payment {
    const payment = authorised(paymentId);
    if (payment.status !== 'authorised') return payment;
    if (payment.currency !== currency || amount > payment.amount) {
      throw new ProblemError(422, 'Too much', `${payment.amount} ${payment.currency} of ${paymentId} is authorised`);
    }
    return put({ ...payment, amount, status: 'succeeded' });
  }

  /** Releases the money of an authorisation. Money that was taken stays taken. */
  function release(paymentId: string): Payment {
    const payment = authorised(paymentId);
    return payment.status === 'authorised' ? put({ ...payment, status: 'canceled' }) : payment;
  }

  function authorised(paymentId: string): Payment {
    const payment = payments.get(paymentId);
    if (!payment) throw new ProblemError(404, 'Unknown payment', `There is no payment ${paymentId}`);
    if (payment.status === 'authorised' || payment.status === 'succeeded' || payment.status === 'canceled')
      return payment;
    throw new ProblemError(410, 'Nothing authorised', `${paymentId} is ${payment.status}`);
  }

  const dashboard = createDashboard({ payments, refundsByKey, leftOf, clock, entries });
  return {
    ...dashboard,
    charge,
    capture,
    release,
    put,
    refund,
    refundsOf,
    find: (id: string) => payments.get(id),
    all: () => [...payments.values()],
    entries: entries.all,
  };
}

export type Ledger = ReturnType<typeof createLedger>;
