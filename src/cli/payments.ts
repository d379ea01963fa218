import { loadConfig } from '../config/config.js';
import { closeCapture, retryCapture } from '../db/authorisations/changes.js';
import { findAuthorisation } from '../db/authorisations/owed.js';
import type { Pool } from '../db/driver/pool.js';
import { closePayment, placePayment, refundPayment } from '../db/payments/payment-changes.js';
import { showPayment } from '../db/payments/payment-list.js';
import { closeRefund, retryRefund } from '../db/refunds/refund-changes.js';
import { findRefund } from '../db/refunds/refund-outcomes.js';
import { DomainError } from '../domain/errors.js';
import { authorisationInWords } from './capture-words.js';
import { disputeInWords, refundInWords } from './refund-words.js';
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
  const { changes, orderRefunds, disputes, authorisation, ...fields } = payment;
  for (const [name, value] of Object.entries(fields)) say(`${`${name}:`.padEnd(16)}${shown(value)}`);
  if (authorisation !== null) say(`${'authorisation:'.padEnd(16)}${authorisationInWords(authorisation)}`);
  for (const refund of orderRefunds) say(`${'orderRefund:'.padEnd(16)}${refundInWords(refund)}`);
  for (const dispute of disputes) say(`${'dispute:'.padEnd(16)}${disputeInWords(dispute)}`);
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

/** @returns false when one cannot be captured; it is printed with the reason */
export async function captureCommand(
  pool: Pool,
  paymentIds: readonly string[],
  { say, ...change }: PersonsChange,
): Promise<boolean> {
  let all = true;
  for (const paymentId of paymentIds) {
    const done = `the capture of payment ${paymentId} is asked for again. A running bridge and worker make it.`;
    all = (await reported(say, done, () => retryCapture(pool, { ...change, paymentId }))) && all;
  }
  return all;
}

/**
 * The id may be of a refund of a paid order, or of a payment whose capture is refused.
 *
 * @returns false when it cannot be closed; the reason is printed
 */
export async function closeCommand(
  pool: Pool,
  paymentId: string,
  { say, ...change }: PersonsChange & { readonly note: string },
): Promise<boolean> {
  const [what, close] = await closed(pool, paymentId, change);
  return await reported(say, `${what} ${paymentId} is closed. No money was moved by this.`, close);
}

async function closed(
  pool: Pool,
  id: string,
  change: Omit<PersonsChange, 'say'> & { readonly note: string },
): Promise<readonly [what: string, close: () => Promise<void>]> {
  if ((await findRefund(pool, id)) !== undefined)
    return ['refund', () => closeRefund(pool, { ...change, refundId: id })];
  if ((await findAuthorisation(pool, id))?.state === 'failed')
    return ['the capture of payment', () => closeCapture(pool, { ...change, paymentId: id })];
  return ['payment', () => closePayment(pool, { ...change, paymentId: id })];
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

const shown = (value: unknown): string => (value instanceof Date ? value.toISOString() : String(value ?? '-'));
