import { styleText } from 'node:util';
import type { Pool } from '../db/driver/pool.js';
import { listPayments, type PaymentRecord, paymentsById } from '../db/payments/payment-list.js';
import { openRefunds } from '../db/refunds/open-refunds.js';
import type { OrderRefund } from '../domain/order-refund.js';
import type { PaymentStatus } from '../domain/settlement.js';
import { counted } from './counted.js';
import { refundInWords } from './refund-words.js';

/** The statuses of each filter of `orders payments list`; several filters list the payments of any of them. */
const waiting = {
  unplaced: ['unplaced'],
  owed: ['refund_required', 'refund_failed'],
  open: ['received', 'unplaced', 'refund_required', 'refund_failed'],
} as const satisfies Record<string, readonly PaymentStatus[]>;

export type PaymentFilters = Partial<Record<keyof typeof waiting, boolean>>;

/** A payment, and the refunds of its order that are owed or wait for a person. */
type Listed = PaymentRecord & { readonly openRefunds: readonly OrderRefund[] };

/** A rule of thumb: a person does not read a longer list. */
const LONGEST_LIST = 1_000;

/** With `--owed` or `--open` a payment is listed too that has paid its order, and of which a part is to go back. */
export async function listCommand(
  pool: Pool,
  { json, say, ...filters }: PaymentFilters & { readonly json: boolean; readonly say: (line: string) => void },
): Promise<void> {
  const named = (['unplaced', 'owed', 'open'] as const).filter((name) => filters[name]);
  const statuses = [...new Set(named.flatMap((name) => waiting[name]))];
  const found = await listPayments(pool, { statuses, limit: LONGEST_LIST + 1 });
  const all = await withOpenRefunds(pool, found, (filters.owed || filters.open) ?? false);
  const payments = all.slice(0, LONGEST_LIST);
  if (json) return say(JSON.stringify(payments, null, 2));
  for (const payment of payments) {
    say(`${styleText('bold', payment.paymentId)}  ${payment.status}  ${priceOf(payment)}, order ${payment.orderId}`);
    say(`    ${payment.provider}, received ${payment.receivedAt.toISOString()}${whyOf(payment)}`);
    for (const refund of payment.openRefunds) say(`    refund ${refundInWords(refund)}`);
  }
  say(`${counted(payments.length, 'payment')}${all.length > LONGEST_LIST ? ', the newest; there are more' : ''}.`);
}

/** @param owing whether to add the payments that have open refunds and are not listed */
async function withOpenRefunds(pool: Pool, found: readonly PaymentRecord[], owing: boolean): Promise<Listed[]> {
  const refundsOf = Map.groupBy(await openRefunds(pool), ({ paymentId }) => paymentId);
  const listed = new Set(found.map(({ paymentId }) => paymentId));
  const missing = [...refundsOf.keys()].filter((paymentId) => paymentId !== null && !listed.has(paymentId));
  const added = owing ? await paymentsById(pool, missing.slice(0, LONGEST_LIST + 1) as string[]) : [];
  return [...found, ...added]
    .toSorted((one, other) => other.receivedAt.getTime() - one.receivedAt.getTime())
    .map((payment) => ({ ...payment, openRefunds: refundsOf.get(payment.paymentId) ?? [] }));
}

const priceOf = ({ amount, currency }: PaymentRecord): string => `${amount} ${currency}`;

function whyOf({ refundReason, refundFailure, refundedAmount }: PaymentRecord): string {
  const refund = refundReason === null ? '' : `, refund: ${refundReason}`;
  const part = refundedAmount === null ? '' : `, went back: ${refundedAmount}`;
  return `${refund}${part}${refundFailure === null ? '' : `, failed: ${refundFailure}`}`;
}
