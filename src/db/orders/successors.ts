import type { ResultSetHeader } from 'mysql2/promise';
import type { Transaction } from '../driver/transaction.js';
import { insertEvents } from '../events/new-events.js';
import { insertEventsOf } from '../events/order-events.js';
import type { LateSales, NewSuccessor } from './late-sales.js';
import { endPaid } from './order-ends.js';
import { insertItemRows, insertOrderRows } from './orders.js';
import { insertMovements } from './stock-movements.js';

/** No client can send a key with a blank. */
const keyOf = (orderId: string): string => `late-sale ${orderId}`;

/**
 * Writes orders that late payments have bought: each with the customer, the lines and the price of the canceled order,
 * recorded and paid before its commit, as an order that costs nothing. It holds no place among the customer's open
 * orders, and leaves the reference to the first order. Its message starts its workflow, and the report of the end is due
 * all the same.
 *
 * The statements are sent together. The key of `late_sales` refuses a second successor of an order, and a payment that
 * has bought already.
 */
export async function insertSuccessors(
  together: Transaction,
  { sold, at }: Pick<LateSales, 'sold' | 'at'>,
  { reportDue }: { readonly reportDue: boolean },
): Promise<void> {
  if (sold.length === 0) return;
  const inOrder = sold.toSorted((one, other) => (one.successorId < other.successorId ? -1 : 1));
  const ids = inOrder.map(({ successorId }) => successorId);
  const paid = inOrder.map(({ successorId: orderId, paymentId }) => ({ orderId, paymentId }));
  await Promise.all([
    ...inOrder.map((sale) => copyCheckout(together, sale, at)),
    insertOrderRows(together, ids),
    insertItemRows(together, ids),
    together.query('INSERT INTO late_sales (order_id, successor_id, payment_id, sold_at) VALUES ?', [
      inOrder.map(({ orderId, successorId, paymentId }) => [orderId, successorId, paymentId, at]),
    ]),
    ...inOrder.map((sale) => giveToSuccessor(together, sale)),
    insertEvents(
      together,
      ids.map((orderId) => ({
        type: 'order.placed',
        ofOrder: { orderId, sequence: 1 },
        data: { state: { status: 'placed', expiresAt: at } },
      })),
    ),
    endPaid(together, paid, { reportDue }),
    insertMovements(together, paid),
    insertEventsOf(
      together,
      paid.map((order) => ({ ...order, ...ended, expiresAt: at })),
      paid.map(({ orderId }) => ({ type: 'order.paid', orderId })),
    ),
  ]);
}

/** A paid order, and the number of its only event before it was paid. */
const ended = { status: 'paid', cancelReason: null, paidReason: null, eventCount: 1 } as const;

async function copyCheckout(transaction: Transaction, { orderId, successorId }: NewSuccessor, at: Date): Promise<void> {
  await transaction.query(
    `INSERT INTO checkouts (order_id, user_id, customer, idempotency_key, fingerprint, items, amount, currency, read_token,
       traceparent, created_at, expires_at, is_open, open_place, payment_method, adjustments, metadata)
     SELECT ?, user_id, customer, ?, fingerprint, items, amount, currency, read_token, traceparent, ?, ?, NULL, NULL,
       payment_method, adjustments, metadata FROM checkouts WHERE order_id = ?`,
    [successorId, keyOf(orderId), at, at, orderId],
  );
}

/**
 * The payment keeps the order that the provider named first. A payment is decided once: the WHERE refuses a second
 * decision.
 */
async function giveToSuccessor(
  transaction: Transaction,
  { orderId, successorId, paymentId }: NewSuccessor,
): Promise<void> {
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    `UPDATE payments SET told_order_id = COALESCE(told_order_id, order_id), order_id = ?, status = 'accepted',
       decided_at = UTC_TIMESTAMP(3)
     WHERE payment_id = ? AND order_id = ? AND status = 'received'`,
    [successorId, paymentId, orderId],
  );
  if (affectedRows !== 1)
    throw new Error(`payment ${paymentId} is decided already, or of another order than ${orderId}`);
}
