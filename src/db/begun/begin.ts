import { v7 as uuid } from 'uuid';
import type { CaptureAt } from '../../domain/authorisation.js';
import { type BeginAs, type BeginRefusal, pauseBeforeLook } from '../../domain/begun-payment.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction } from '../driver/transaction.js';
import { lockRecorded } from '../orders/lock-recorded.js';
import { lockOrders, orderUnknown } from '../orders/orders.js';
import { type BegunPayment, lockOpenOf } from './rows.js';

/** The order's price and deadline, by which the provider is asked. */
export interface BegunOf {
  readonly amount: number;
  readonly currency: string;
  readonly expiresAt: Date;
}

export type Opened =
  | { readonly kind: 'opened'; readonly begun: BegunPayment; readonly order: BegunOf }
  | Extract<BeginRefusal, { readonly kind: 'ended' | 'overdue' | 'free' | 'begun-otherwise' }>;

export interface BeginRow {
  readonly orderId: string;
  readonly provider: string;
  readonly as: BeginAs;
  readonly returnUrl: string | null;
  readonly cancelUrl: string | null;
  readonly capture: CaptureAt;
  /** How long the end of the order may wait for the close of its payments, in milliseconds. */
  readonly closeWithinMs: number;
}

/**
 * Writes that a payment of the order begins at this provider, before the provider is asked. A second request finds the
 * row of the first, by the lock of the order and the key `one_open`, and so asks the provider under the same key.
 *
 * @throws {DomainError} `order-unknown`, `dependency-unavailable`
 */
export async function openBegun(pool: Pool, asked: BeginRow): Promise<Opened> {
  const begunId = uuid();
  const { orderId, provider, as, returnUrl, cancelUrl, capture, closeWithinMs } = asked;
  return await inTransaction(pool, async (transaction) => {
    const [order] = await lockRecorded(transaction, [orderId]);
    if (order === undefined) throw orderUnknown(orderId);
    if (order.amount === 0) return { kind: 'free' };
    if (order.status !== 'placed') return { kind: 'ended', status: order.status };
    if (order.expiresInMs === 0) return { kind: 'overdue', expiresAt: order.expiresAt };
    const open = (await lockOpenOf(transaction, orderId)).find((begun) => begun.provider === provider);
    if (open !== undefined && open.as !== as) return { kind: 'begun-otherwise', as: open.as };
    if (open !== undefined) return { kind: 'opened', begun: open, order };
    await transaction.query(
      `INSERT INTO begun_payments (begun_id, order_id, provider, begun_as, return_url, cancel_url, capture, begun_at, due_at)
       SELECT ?, order_id, ?, ?, ?, ?, ?, UTC_TIMESTAMP(3),
         UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND
       FROM orders WHERE order_id = ?`,
      [begunId, provider, as, returnUrl, cancelUrl, capture, pauseBeforeLook({ ...order, looks: 0 }) * 1_000, orderId],
    );
    await transaction.query('UPDATE orders FORCE INDEX (PRIMARY) SET close_payments_ms = ? WHERE order_id = ?', [
      closeWithinMs,
      orderId,
    ]);
    const row = { begunId, orderId, provider, as, returnUrl, cancelUrl, capture };
    const begun = { ...row, reference: null, state: 'begun' as const };
    return { kind: 'opened', begun, order };
  });
}

/**
 * Stores the provider's id, before the customer gets the provider's answer.
 *
 * @returns false when the customer must not get the answer, since the order has ended or is past its deadline, or the
 *   payment was closed meanwhile; the payment is then to be closed at the provider
 * @throws {DomainError} `dependency-unavailable`
 */
export async function storeReference(
  pool: Pool,
  { begunId, orderId }: Pick<BegunPayment, 'begunId' | 'orderId'>,
  reference: string,
): Promise<boolean> {
  return await inTransaction(pool, async (transaction) => {
    const [order] = await lockOrders(transaction, [orderId]);
    const open = (await lockOpenOf(transaction, orderId)).find((begun) => begun.begunId === begunId);
    if (order === undefined || open === undefined) return false;
    const isPayable = order.status === 'placed' && order.expiresInMs > 0;
    // Of an order that has ended meanwhile, the sweep closes the payment when this process cannot.
    await transaction.query(
      `UPDATE begun_payments SET reference = ?, due_at = IF(?, due_at, UTC_TIMESTAMP(3))
       WHERE begun_id = ? AND is_open = 1`,
      [reference, isPayable, begunId],
    );
    return isPayable;
  });
}
