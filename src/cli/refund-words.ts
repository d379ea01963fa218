import type { Dispute } from '../db/reports/disputes.js';
import { itemsInWords, priceInWords } from '../domain/in-words.js';
import type { OrderRefund } from '../domain/order-refund.js';
import { onOneLine } from './product-words.js';

/** A refund of a paid order, on one line. */
export function refundInWords(refund: OrderRefund): string {
  const { refundId, state, amount, currency, lines, restock, reason, by, at, refundedAmount, failure } = refund;
  const units = lines.length === 0 ? '' : `, ${itemsInWords(lines)}${restock ? ' back on the shelf' : ''}`;
  const part = refundedAmount === null ? '' : `, of which ${priceInWords(refundedAmount, currency)} went back`;
  const why = reason === null ? '' : `: ${onOneLine(reason)}`;
  const failed = failure === null ? '' : `, failed: ${onOneLine(failure)}`;
  return `${refundId}  ${state}  ${priceInWords(amount, currency)}${part}${units}, ${at.toISOString()} by ${by}${why}${failed}`;
}

/** A dispute of a payment, on one line. */
export function disputeInWords({ disputeId, state, amount, currency, reason, openedAt, closedAt }: Dispute): string {
  const why = reason === null ? '' : `: ${onOneLine(reason)}`;
  const closed = closedAt === null ? ', a person answers at the provider' : `, closed ${closedAt.toISOString()}`;
  return `${disputeId}  ${state}  ${priceInWords(amount, currency)}, opened ${openedAt.toISOString()}${closed}${why}`;
}
