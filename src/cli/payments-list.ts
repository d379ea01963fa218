import { styleText } from 'node:util';
import { type OpenCapture, openCaptures } from '../db/authorisations/owed.js';
import type { Pool } from '../db/driver/pool.js';
import { listPayments, type PaymentRecord, paymentsById } from '../db/payments/payment-list.js';
import { openRefunds } from '../db/refunds/open-refunds.js';
import { type Dispute, openDisputes } from '../db/reports/disputes.js';
import type { OrderRefund } from '../domain/order-refund.js';
import { prefixedPaymentId } from '../domain/payment.js';
import type { PaymentStatus } from '../domain/settlement.js';
import { captureInWords } from './capture-words.js';
import { counted } from './counted.js';
import { disputeInWords, refundInWords } from './refund-words.js';

/** The statuses of each filter of `orders payments list`; several filters list the payments of any of them. */
const waiting = {
  unplaced: ['unplaced'],
  owed: ['refund_required', 'refund_failed'],
  open: ['received', 'unplaced', 'refund_required', 'refund_failed'],
} as const satisfies Record<string, readonly PaymentStatus[]>;

export type PaymentFilters = Partial<Record<keyof typeof waiting, boolean>>;

/** A payment, its capture and the refunds of its order that are owed or wait for a person, and its open disputes. */
type Listed = PaymentRecord & {
  readonly openRefunds: readonly OrderRefund[];
  readonly openDisputes: readonly Dispute[];
  /** Null unless the payment has paid its order, and its money is authorised and not captured. */
  readonly openCapture: OpenCapture | null;
};

/** A rule of thumb: a person does not read a longer list. */
const LONGEST_LIST = 1_000;

/**
 * With `--owed` or `--open` a payment is listed too that has paid its order, and of which a part is to go back, or whose
 * capture is owed or refused; with
 * `--open` also one that is disputed.
 */
export async function listCommand(
  pool: Pool,
  { json, say, ...filters }: PaymentFilters & { readonly json: boolean; readonly say: (line: string) => void },
): Promise<void> {
  const named = (['unplaced', 'owed', 'open'] as const).filter((name) => filters[name]);
  const statuses = [...new Set(named.flatMap((name) => waiting[name]))];
  const found = await listPayments(pool, { statuses, limit: LONGEST_LIST + 1 });
  const all = await withOpen(pool, found, filters);
  const payments = all.slice(0, LONGEST_LIST);
  if (json) return say(JSON.stringify(payments, null, 2));
  for (const payment of payments) {
    say(`${styleText('bold', payment.paymentId)}  ${payment.status}  ${priceOf(payment)}, order ${payment.orderId}`);
    say(`    ${payment.provider}, received ${payment.receivedAt.toISOString()}${whyOf(payment)}`);
    if (payment.openCapture !== null) say(`    capture ${captureInWords(payment.openCapture)}`);
    for (const refund of payment.openRefunds) say(`    refund ${refundInWords(refund)}`);
    for (const dispute of payment.openDisputes) say(`    dispute ${disputeInWords(dispute)}`);
  }
  say(`${counted(payments.length, 'payment')}${all.length > LONGEST_LIST ? ', the newest; there are more' : ''}.`);
}

async function withOpen(
  pool: Pool,
  found: readonly PaymentRecord[],
  { owed = false, open = false }: PaymentFilters,
): Promise<Listed[]> {
  const refundsOf = Map.groupBy(await openRefunds(pool), ({ paymentId }) => paymentId ?? '');
  const disputes = await openDisputes(pool);
  const captures = new Map((await openCaptures(pool)).map((capture) => [capture.paymentId, capture]));
  const named = [
    ...(owed || open ? [...refundsOf.keys(), ...captures.keys()] : []),
    ...(open ? disputes.flatMap(idsOf) : []),
  ];
  const listed = new Set(found.map(({ paymentId }) => paymentId));
  const missing = [...new Set(named)].filter((paymentId) => !listed.has(paymentId));
  const added = await paymentsById(pool, missing.slice(0, LONGEST_LIST + 1));
  return [...found, ...added]
    .toSorted((one, other) => other.receivedAt.getTime() - one.receivedAt.getTime())
    .map((payment) => ({
      ...payment,
      openRefunds: refundsOf.get(payment.paymentId) ?? [],
      openCapture: captures.get(payment.paymentId) ?? null,
      openDisputes: disputes.filter(
        (dispute) => dispute.provider === payment.provider && idsOf(dispute).includes(payment.paymentId),
      ),
    }));
}

/** The ids under which the payment of a dispute may be stored. */
const idsOf = (dispute: Dispute): string[] => [dispute.paymentId, prefixedPaymentId(dispute)];

const priceOf = ({ amount, currency }: PaymentRecord): string => `${amount} ${currency}`;

function whyOf({ refundReason, refundFailure, refundedAmount }: PaymentRecord): string {
  const refund = refundReason === null ? '' : `, refund: ${refundReason}`;
  const part = refundedAmount === null ? '' : `, went back: ${refundedAmount}`;
  return `${refund}${part}${refundFailure === null ? '' : `, failed: ${refundFailure}`}`;
}
