import type { Pool } from '../../src/db/driver/pool.js';
import { rows } from '../helpers/database.js';

/** Compares the events of an order with its rows. Written without the code of src/. */

export interface EventOfLife {
  readonly orderId: string;
  readonly type: string;
  readonly sequence: number;
  /** The payment or the refund of the paid order that goes back. */
  readonly about: string | null;
}

/** The events of these orders, each order's in the order in which they are delivered. */
export async function eventsOfLives(
  pool: Pool,
  orderIds: readonly string[],
): Promise<ReadonlyMap<string, EventOfLife[]>> {
  const events = (await rows(
    pool,
    `SELECT order_id AS orderId, type, sequence, COALESCE(JSON_VALUE(data, '$.orderRefund.refundId'), payment_id) AS about
     FROM events
     WHERE order_id IN (?) ORDER BY position`,
    [orderIds],
  )) as unknown as EventOfLife[];
  return Map.groupBy(events, ({ orderId }) => orderId);
}

const wordsOf = (events: readonly EventOfLife[]): string[] =>
  events.map(({ type, about }) => [type, about].filter(Boolean).join(' '));

/** @returns what is wrong with the events of an order, if anything is */
export function wrongEvents(
  events: readonly EventOfLife[],
  order: { readonly status: string } | undefined,
  payments: readonly { readonly paymentId: string; readonly status: string; readonly why: string | null }[],
): string | undefined {
  const types = wordsOf(events);
  const seen = events.map(({ sequence }, index) => `${sequence} ${types[index]}`).join(', ');
  const at = (type: string) => types.flatMap((one, index) => (one === type ? index : []));
  const ends = [...at('order.paid'), ...at('order.canceled')];
  const status = order?.status ?? 'placed';
  const lastMove = Math.max(...at('order.extended'), -1);

  if (events.some(({ sequence }, index) => sequence !== index + 1)) return `not numbered from 1: ${seen}`;
  if (at('order.placed').join() !== '0') return `does not begin with its only order.placed: ${seen}`;
  if (ends.length !== (status === 'placed' ? 0 : 1))
    return `${ends.length} ends of an order that is ${status}: ${seen}`;
  if (status !== 'placed' && at(`order.${status}`).length !== 1) return `another end than ${status}: ${seen}`;
  if (ends.some((end) => end < lastMove)) return `moved after its end: ${seen}`;
  for (const { paymentId, status: state, why } of payments) {
    const [required, succeeded] = [at(`refund.required ${paymentId}`), at(`refund.succeeded ${paymentId}`)];
    const wanted = [why === null ? 0 : 1, state === 'refunded' ? 1 : 0];
    if ([required.length, succeeded.length].join() !== wanted.join()) return `${paymentId} is ${state}: ${seen}`;
    if ((succeeded[0] ?? Number.POSITIVE_INFINITY) < (required[0] ?? 0)) return `refunded before it was owed: ${seen}`;
    const isBehindEnd = why === 'order-canceled' || why === 'order-already-paid';
    if (isBehindEnd && (required[0] ?? 0) < (ends[0] ?? Number.POSITIVE_INFINITY))
      return `${why} before its end: ${seen}`;
  }
  return undefined;
}

/** @returns what is wrong with the events of the refunds of a paid order, if anything is */
export function wrongRefundEvents(
  events: readonly EventOfLife[],
  refunds: readonly { readonly refundId: string; readonly state: string }[],
): string | undefined {
  const types = wordsOf(events);
  for (const { refundId, state } of refunds) {
    const told = types.flatMap((word) => (word.endsWith(` ${refundId}`) ? [word.split(' ')[0]] : [])).join(' ');
    if (!(toldOf[state] ?? []).includes(told)) return `${refundId} is ${state}: ${told}`;
    if (told !== '' && types.indexOf(`refund.required ${refundId}`) < types.indexOf('order.paid'))
      return `${refundId} goes back before its order is paid: ${types.join(', ')}`;
  }
  return undefined;
}

/** What may have been told of a refund in each state, in this sequence. */
const toldOf: Readonly<Record<string, readonly string[]>> = {
  required: ['refund.required'],
  failed: ['refund.required refund.failed'],
  refunded: ['refund.required refund.succeeded', 'refund.required refund.failed refund.succeeded'],
  returned: [''],
};
