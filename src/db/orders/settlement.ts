import type { ResultSetHeader } from 'mysql2/promise';
import type { CancelReason, RefundReason } from '../../domain/order.js';
import { decide, endsWindow, type SettlementCause } from '../../domain/settlement.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction, type Transaction } from '../driver/transaction.js';
import { decidePayment, lockPayment, lockWaitingPayment, type StoredPayment } from '../payments/payment-rows.js';
import { closeCheckout } from './open-orders.js';
import { insertOrders, lockOrder, orderUnknown, type RecordedOrder } from './orders.js';
import { moveStock } from './stock-movements.js';

/** The order after the settlement. `refund` is set while the payment of the cause has to be refunded. */
export interface Settlement {
  readonly order: RecordedOrder;
  readonly refund: { readonly paymentId: string; readonly reason: RefundReason } | null;
}

/**
 * Ends an order, or leaves it as it is. One guarded transaction decides, moves the stock and marks the payment. The
 * first call that finds the order `placed` decides. Every later call, at the same moment or an hour later, returns what
 * was decided.
 *
 * @throws {DomainError} `order-unknown` when no checkout has this id, `dependency-unavailable`
 */
export async function settleOrder(pool: Pool, orderId: string, cause: SettlementCause): Promise<Settlement> {
  return await inTransaction(pool, async (transaction) => {
    const order = (await lockOrder(transaction, orderId)) ?? (await recordAndLock(transaction, orderId));
    const payment = await lockMoney(transaction, order, cause);
    const decision = decide({ ...order, pastDeadline: order.expiresInMs === 0 }, cause, payment);
    switch (decision.kind) {
      case 'leave':
        return { order, refund: owed(orderId, payment) };
      case 'refund':
        await decidePayment(transaction, decision.paymentId, 'refund_required', decision.reason);
        return { order, refund: decision };
      case 'pay':
        await decidePayment(transaction, decision.paymentId, 'accepted', null);
        await end(transaction, orderId, { status: 'paid', paymentId: decision.paymentId, cancelReason: null });
        break;
      case 'cancel':
        await end(transaction, orderId, { status: 'canceled', paymentId: null, cancelReason: decision.reason });
    }
    return { order: (await lockOrder(transaction, orderId)) ?? order, refund: null };
  });
}

async function lockMoney(
  transaction: Transaction,
  order: RecordedOrder,
  cause: SettlementCause,
): Promise<StoredPayment | undefined> {
  if (cause.kind === 'payment') return await lockPayment(transaction, cause.paymentId);
  return endsWindow(cause) ? await lockWaitingPayment(transaction, order) : undefined;
}

/**
 * The workflow records the order before it settles the order. This is for an order whose workflow never started, or was
 * lost before the record.
 */
async function recordAndLock(transaction: Transaction, orderId: string): Promise<RecordedOrder> {
  await insertOrders(transaction, [orderId]);
  const order = await lockOrder(transaction, orderId);
  if (order === undefined) throw orderUnknown(orderId);
  return order;
}

type End =
  | { readonly status: 'paid'; readonly paymentId: string; readonly cancelReason: null }
  | { readonly status: 'canceled'; readonly paymentId: null; readonly cancelReason: CancelReason };

/** The WHERE and the movement's primary key each refuse a second end, also after a wrong decision. */
async function end(transaction: Transaction, orderId: string, how: End): Promise<void> {
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    `UPDATE orders SET status = ?, payment_id = ?, cancel_reason = ?, settled_at = UTC_TIMESTAMP(3)
     WHERE order_id = ? AND status = 'placed'`,
    [how.status, how.paymentId, how.cancelReason, orderId],
  );
  if (affectedRows !== 1) throw new Error(`order ${orderId} was not placed when it was to be ${how.status}`);
  await moveStock(transaction, orderId, how.status === 'paid' ? 'sold' : 'released');
  await closeCheckout(transaction, orderId);
}

function owed(orderId: string, payment: StoredPayment | undefined): Settlement['refund'] {
  if (payment?.orderId !== orderId) return null;
  if (payment.status !== 'refund_required' || payment.refundReason === null) return null;
  return { paymentId: payment.paymentId, reason: payment.refundReason };
}
