import { styleText } from 'node:util';
import { loadConfig } from '../config/config.js';
import type { Pool } from '../db/driver/pool.js';
import { closePayment, placePayment, refundPayment } from '../db/payments/payment-changes.js';
import { listPayments, type PaymentRecord, showPayment } from '../db/payments/payment-list.js';
import { closeRefund, retryRefund } from '../db/refunds/refund-changes.js';
import { findRefund } from '../db/refunds/refund-outcomes.js';
import { DomainError } from '../domain/errors.js';
import type { PaymentStatus } from '../domain/settlement.js';
import { counted } from './counted.js';
import { refundInWords } from './refund-words.js';
import { requireSchema } from './require-schema.js';
import { withMysql } from './with-mysql.js';

type Say = (line: string) => void;

/** Opens the database that `env` names, for one command. */
export async function withPayments<T>(env: NodeJS.ProcessEnv, work: (pool: Pool) => Promise<T>): Promise<T> {
  return await withMysql(loadConfig(env, ['MYSQL_URL']).MYSQL_URL, 1, async (pool) => {
    await requireSchema(pool);
    return await work(pool);
  });
}

/** The statuses of each filter of `orders payments list`; several filters list the payments of any of them. */
const waiting = {
  unplaced: ['unplaced'],
  owed: ['refund_required', 'refund_failed'],
  open: ['received', 'unplaced', 'refund_required', 'refund_failed'],
} as const satisfies Record<string, readonly PaymentStatus[]>;

export type PaymentFilters = Partial<Record<keyof typeof waiting, boolean>>;

/** A rule of thumb: a person does not read a longer list. */
const LONGEST_LIST = 1_000;

export async function listCommand(
  pool: Pool,
  { json, say, ...filters }: PaymentFilters & { readonly json: boolean; readonly say: Say },
): Promise<void> {
  const named = (['unplaced', 'owed', 'open'] as const).filter((name) => filters[name]);
  const statuses = [...new Set(named.flatMap((name) => waiting[name]))];
  const found = await listPayments(pool, { statuses, limit: LONGEST_LIST + 1 });
  const payments = found.slice(0, LONGEST_LIST);
  if (json) return say(JSON.stringify(payments, null, 2));
  for (const payment of payments) {
    say(`${styleText('bold', payment.paymentId)}  ${payment.status}  ${priceOf(payment)}, order ${payment.orderId}`);
    say(`    ${payment.provider}, received ${payment.receivedAt.toISOString()}${whyOf(payment)}`);
  }
  say(`${counted(payments.length, 'payment')}${found.length > LONGEST_LIST ? ', the newest; there are more' : ''}.`);
}

/** @returns false when there is no such payment */
export async function showCommand(
  pool: Pool,
  paymentId: string,
  { json, say }: { readonly json: boolean; readonly say: Say },
): Promise<boolean> {
  const payment = await showPayment(pool, paymentId);
  if (payment === undefined) {
    say(`There is no payment ${paymentId}. Those that wait for a person: orders payments list --open`);
    return false;
  }
  if (json) {
    say(JSON.stringify(payment, null, 2));
    return true;
  }
  const { changes, orderRefunds, ...fields } = payment;
  for (const [name, value] of Object.entries(fields)) say(`${`${name}:`.padEnd(16)}${shown(value)}`);
  for (const refund of orderRefunds) say(`${'orderRefund:'.padEnd(16)}${refundInWords(refund)}`);
  for (const { action, statusBefore, changedBy, changedAt, note, orderRefundId } of changes) {
    const of = orderRefundId === null ? '' : ` of refund ${orderRefundId}`;
    say(
      `${changedAt.toISOString()}  ${action}${of} by ${changedBy}, was ${statusBefore}${note === null ? '' : `: ${note}`}`,
    );
  }
  return true;
}

export interface PersonsChange {
  readonly by: string;
  readonly note?: string;
  readonly say: Say;
}

/** @returns false when the payment cannot be placed; the reason is printed */
export async function placeCommand(
  pool: Pool,
  paymentId: string,
  { order: orderId, say, ...change }: PersonsChange & { readonly order: string },
): Promise<boolean> {
  const done = `payment ${paymentId} is for order ${orderId} now. A running bridge settles the payment within seconds.`;
  return await reported(say, done, () => placePayment(pool, { ...change, paymentId, orderId }));
}

/** Ids may be of refunds of paid orders. @returns false when one cannot be refunded; it is printed with the reason */
export async function refundCommand(
  pool: Pool,
  paymentIds: readonly string[],
  { say, ...change }: PersonsChange,
): Promise<boolean> {
  let all = true;
  for (const paymentId of paymentIds) {
    const isRefund = (await findRefund(pool, paymentId)) !== undefined;
    const done = `${isRefund ? 'refund' : 'payment'} ${paymentId} is marked for refund. A running bridge and worker send it back.`;
    const refund = () =>
      isRefund ? retryRefund(pool, { ...change, refundId: paymentId }) : refundPayment(pool, { ...change, paymentId });
    all = (await reported(say, done, refund)) && all;
  }
  return all;
}

/** The id may be of a refund of a paid order. @returns false when it cannot be closed; the reason is printed */
export async function closeCommand(
  pool: Pool,
  paymentId: string,
  { say, ...change }: PersonsChange & { readonly note: string },
): Promise<boolean> {
  const isRefund = (await findRefund(pool, paymentId)) !== undefined;
  const done = `${isRefund ? 'refund' : 'payment'} ${paymentId} is closed. No money was moved by this.`;
  return await reported(say, done, () =>
    isRefund ? closeRefund(pool, { ...change, refundId: paymentId }) : closePayment(pool, { ...change, paymentId }),
  );
}

/** Prints `done` after the work, or the reason of a refusal. @returns false after a refusal */
async function reported(say: Say, done: string, work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof DomainError && error.code === 'change-refused')) throw error;
    say(`not changed: ${error.message}`);
    return false;
  }
  say(done);
  return true;
}

const priceOf = ({ amount, currency }: PaymentRecord): string => `${amount} ${currency}`;

function whyOf({ refundReason, refundFailure, refundedAmount }: PaymentRecord): string {
  const refund = refundReason === null ? '' : `, refund: ${refundReason}`;
  const part = refundedAmount === null ? '' : `, went back: ${refundedAmount}`;
  return `${refund}${part}${refundFailure === null ? '' : `, failed: ${refundFailure}`}`;
}

const shown = (value: unknown): string => (value instanceof Date ? value.toISOString() : String(value ?? '-'));
