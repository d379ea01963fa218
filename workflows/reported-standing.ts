import type { CancelReason, PaidReason, RefundReason } from '../src/domain/order.js';
import type { OrderStanding } from './contract.js';

/**
 * Reads what a signal says that the database has decided. Every client of Temporal can send a signal: a value of another
 * form, or of another order, is left out, and the workflow settles the cause itself.
 *
 * @returns `undefined` also when nothing is decided: the order is placed, and no money has to go back
 */
export function readStanding(orderId: string, reported: unknown): OrderStanding | undefined {
  const given = (reported ?? {}) as Partial<Record<keyof OrderStanding, unknown>>;
  const { status, expiresAt, cancelReason = null, paidReason = null, paymentId = null } = given;
  const refund = readRefund(given.refund);
  if (given.orderId !== orderId || refund === undefined) return undefined;
  if (status !== 'paid' && status !== 'canceled' && !(status === 'placed' && refund !== null)) return undefined;
  const deadline = typeof expiresAt === 'string' ? Date.parse(expiresAt) : Number.NaN;
  if (Number.isNaN(deadline)) return undefined;
  if (cancelReason !== null && !isText(cancelReason, reasonForm)) return undefined;
  if (paidReason !== null && !isText(paidReason, reasonForm)) return undefined;
  if (paymentId !== null && !isText(paymentId, idForm)) return undefined;
  return {
    orderId,
    status,
    // Written anew: a date may be followed by any text, and the next run's input has a limit.
    expiresAt: new Date(deadline).toISOString(),
    expiresInMs: Math.max(0, deadline - Date.now()),
    cancelReason: cancelReason as CancelReason | null,
    ...(paidReason !== null && { paidReason: paidReason as PaidReason }),
    paymentId,
    refund,
  };
}

function readRefund(reported: unknown): OrderStanding['refund'] | undefined {
  if (reported === null) return null;
  const { paymentId, reason, price } = (reported ?? {}) as Record<string, unknown>;
  if (!isText(paymentId, idForm) || !isText(reason, reasonForm)) return undefined;
  const inWords = isText(price, /^[ -~]{1,64}$/) ? { price } : {};
  return { paymentId, reason: reason as RefundReason, ...inWords };
}

const idForm = /^[ -~]{1,255}$/;
const reasonForm = /^[a-z-]{1,64}$/;

export const isText = (value: unknown, form: RegExp): value is string => typeof value === 'string' && form.test(value);

/**
 * An order that has ended stays as it ended, also when an older report comes after a newer one. A report of a placed
 * order brings only its refund: a forged deadline would let the workflow ask for the end of the window too early or too
 * late.
 */
export function follow(before: OrderStanding | null, reported: OrderStanding): OrderStanding {
  const isKnown = before !== null && (before.status !== 'placed' || reported.status === 'placed');
  return isKnown ? { ...before, refund: reported.refund } : reported;
}
