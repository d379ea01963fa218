import type { ResultSetHeader } from 'mysql2/promise';
import type { CancelReason, OrderStatus, PaidReason } from '../../domain/order.js';
import type { Transaction } from '../driver/transaction.js';

/** The WHERE refuses a second end of an order, also after a wrong decision. */
export async function endPaid(
  transaction: Transaction,
  orders: readonly { readonly orderId: string; readonly paymentId: string }[],
  { reportDue }: { readonly reportDue: boolean },
): Promise<void> {
  if (orders.length === 0) return;
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    `UPDATE payments p FORCE INDEX (PRIMARY) STRAIGHT_JOIN orders o FORCE INDEX (PRIMARY) ON o.order_id = p.order_id
     SET o.status = 'paid', o.payment_id = p.payment_id, o.settled_at = UTC_TIMESTAMP(3), o.report_due = ?
     WHERE p.payment_id IN (?) AND o.status = 'placed'`,
    [reportDue ? 1 : null, orders.map(({ paymentId }) => paymentId)],
  );
  if (affectedRows !== orders.length) throw notPlaced('paid', orders);
}

/** The WHERE refuses an order that somebody has to pay, and a second end of an order, also after a wrong decision. */
export async function endFree(
  transaction: Transaction,
  orders: readonly { readonly orderId: string; readonly reason: PaidReason }[],
  { reportDue }: { readonly reportDue: boolean },
): Promise<void> {
  if (orders.length === 0) return;
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    `UPDATE orders FORCE INDEX (PRIMARY)
     SET status = 'paid', paid_reason = ?, settled_at = UTC_TIMESTAMP(3), report_due = ?
     WHERE order_id IN (?) AND status = 'placed' AND amount = 0`,
    [orders[0]?.reason, reportDue ? 1 : null, orders.map(({ orderId }) => orderId)],
  );
  if (affectedRows !== orders.length) throw notPlaced('paid', orders);
}

/** The WHERE refuses a second end of an order, also after a wrong decision. */
export async function endCanceled(
  transaction: Transaction,
  orders: readonly { readonly orderId: string; readonly reason: CancelReason }[],
  { reportDue }: { readonly reportDue: boolean },
): Promise<void> {
  const groups = [...Map.groupBy(orders, (order) => order.reason)];
  await Promise.all(
    groups.map(async ([reason, group]) => {
      const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
        `UPDATE orders FORCE INDEX (PRIMARY)
         SET status = 'canceled', cancel_reason = ?, settled_at = UTC_TIMESTAMP(3), report_due = ?
         WHERE order_id IN (?) AND status = 'placed'`,
        [reason, reportDue && !isEndOfWindow(reason) ? 1 : null, group.map(({ orderId }) => orderId)],
      );
      if (affectedRows !== group.length) throw notPlaced('canceled', group);
    }),
  );
}

/** At the deadline the timer of the workflow makes the workflow read the order's end, so no report is needed. */
const isEndOfWindow = (reason: CancelReason): boolean =>
  reason === 'payment-window-expired' || reason === 'legacy-timeout';

const notPlaced = (status: OrderStatus, orders: readonly { readonly orderId: string }[]): Error =>
  new Error(
    `not each of these orders was placed when it was to be ${status}: ${orders.map((o) => o.orderId).join(', ')}`,
  );
