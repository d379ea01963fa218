import { randomBytes, randomUUID } from 'node:crypto';
import { closeCapture } from '../../src/db/authorisations/changes.js';
import { markCaptureFailed } from '../../src/db/authorisations/outcomes.js';
import { openBegun } from '../../src/db/begun/begin.js';
import { markRefused } from '../../src/db/begun/outcomes.js';
import type { Pool } from '../../src/db/driver/pool.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { createSettlements } from '../../src/db/orders/settlements.js';
import { closePayment } from '../../src/db/payments/payment-changes.js';
import { markRefundFailed } from '../../src/db/payments/refunds.js';
import { closeRefund } from '../../src/db/refunds/refund-changes.js';
import { markOrderRefunded, markOrderRefundFailed } from '../../src/db/refunds/refund-outcomes.js';
import { storeReport } from '../../src/db/reports/store-report.js';
import type { CheckoutRequest } from '../../src/domain/checkout.js';
import type { Customer } from '../../src/domain/customer.js';
import { payFor, paymentEvent } from '../db/payment-events.js';
import { checkoutRequest, placeOrder, rows } from './database.js';
import { expiredOrder, lateSales } from './late-sales.js';
import { refundOf } from './refunds.js';
import { closedReport, disputeReport, refundReport } from './reports.js';
import { textOf } from './whole-database.js';

const cancel = { kind: 'cancel', reason: 'customer-request' } as const;

/** A text that is nowhere else, and that every free text of this customer's orders has. */
export const newMarker = (): string => `mark${randomBytes(6).toString('hex')}`;

/** A checkout with personal data in each field that a shop may fill. */
export const personalRequest = (userId: Customer, marker: string): CheckoutRequest =>
  checkoutRequest({
    userId,
    idempotencyKey: `${marker}-${randomUUID()}`,
    reference: `${marker}-${randomUUID().slice(0, 8)}`,
    metadata: { email: `${marker}@example.com` },
    adjustments: [
      { kind: 'shipping', label: `to ${marker}`, amount: 400 },
      { kind: 'tax', label: `of ${marker}`, amount: 100, included: true },
    ],
  });

export interface Life {
  readonly requests: readonly CheckoutRequest[];
  readonly orderIds: readonly string[];
  /** All texts by which the customer could be found. */
  readonly traces: readonly string[];
}

/**
 * Ended orders of a customer, with all that the shop, operators and providers may write about the customer: refunds that
 * were made, failed or closed by hand, a dispute, a begun payment, a late sale, a capture that failed.
 */
export async function liveLife(pool: Pool, userId: Customer, marker: string): Promise<Life> {
  const request = () => personalRequest(userId, marker);
  const [paid, late, refused, held] = [request(), request(), request(), request()];

  const bought = await placeOrder(pool, paid);
  const begin = { orderId: paid.orderId, provider: 'test', as: 'page', capture: 'at-once', closeWithinMs: 0 } as const;
  const urls = { returnUrl: `https://shop.example/${marker}`, cancelUrl: `https://shop.example/no/${marker}` };
  const begun = await openBegun(pool, { ...begin, ...urls });
  if (begun.kind === 'opened') await markRefused(pool, begun.begun, `the card of ${marker} is refused`);
  const paymentId = await payFor(pool, bought);
  await settleOrder(pool, paid.orderId, { kind: 'payment', paymentId });
  const because = (key: string) => ({
    reason: `asked by ${marker}`,
    idempotencyKey: `${marker}-${key}-${randomUUID()}`,
  });
  const back = { lines: [{ sku: 'mug', quantity: 1 }], amount: 100, restock: true };
  const { refundId } = await refundOf(pool, paid.orderId, { ...back, ...because('back') });
  await markOrderRefunded(pool, refundId, 're_1');
  const failed = await refundOf(pool, paid.orderId, { amount: 50, ...because('failed') });
  await markOrderRefundFailed(pool, { refundId: failed.refundId, attempt: 0 }, `the bank of ${marker} is closed`);
  await closeRefund(pool, { refundId: failed.refundId, by: 'ann', note: `in cash to ${marker}` });
  const disputed = { paymentId, disputeId: `dp_${randomUUID()}`, reason: `${marker} says no` };
  await storeReport(pool, disputeReport(disputed));
  await storeReport(pool, closedReport(disputed, 'won'));
  await storeReport(
    pool,
    refundReport({ paymentId, amount: 7, type: 'refund.failed', failure: `no account of ${marker}` }),
  );

  const canceled = await placeOrder(pool, late);
  await settleOrder(pool, late.orderId, cancel);
  const latePayment = await payFor(pool, canceled);
  await settleOrder(pool, late.orderId, { kind: 'payment', paymentId: latePayment });
  await markRefundFailed(pool, { paymentId: latePayment, refundAttempt: 0 }, `the account of ${marker} is closed`);
  await closePayment(pool, { paymentId: latePayment, by: 'ann', note: `sent to ${marker} by mail` });

  const { orderId, amount } = await expiredOrder(pool, refused);
  await createSettlements(pool, { lateSales }).receive(paymentEvent({ orderId, amount }));

  const authorised = await placeOrder(pool, held);
  const authorisation = paymentEvent({ type: 'payment.authorised', orderId: held.orderId, amount: authorised.amount });
  await createSettlements(pool).receive(authorisation);
  await markCaptureFailed(pool, { ...authorisation, orderId: held.orderId }, 0, `the bank of ${marker} says no`);
  await closeCapture(pool, { paymentId: authorisation.paymentId, by: 'ann', note: `in cash from ${marker}` });

  const requests = [paid, late, refused, held];
  const refunds = await rows(pool, 'SELECT fingerprint FROM order_refunds WHERE order_id = ?', [paid.orderId]);
  const traces = [
    marker,
    ...refunds.map(({ fingerprint }) => textOf(fingerprint)),
    ...(userId === null ? [] : [String(userId)]),
    ...requests.flatMap(({ readToken, traceparent, fingerprint }) => [
      readToken,
      traceparent,
      fingerprint.toString('latin1'),
    ]),
  ];
  return { requests, orderIds: requests.map((one) => one.orderId), traces };
}
