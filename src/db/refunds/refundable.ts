import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import type { Refundable, RefundLine } from '../../domain/order-refund.js';
import type { Transaction } from '../driver/transaction.js';

/** What is left of a paid order: its money in `payments`, its units in `order_items`. The caller has locked the order. */

/** Locks the payment and the lines. An order that cost nothing has no payment. */
export async function lockRefundable(
  transaction: Transaction,
  { orderId, paymentId }: { readonly orderId: string; readonly paymentId: string | null },
): Promise<Refundable> {
  const [[payment]] =
    paymentId === null
      ? [[]]
      : await transaction.query<
          (RowDataPacket & Omit<Refundable, 'lines' | 'isCapturing'> & { isCapturing: number })[]
        >(
          `SELECT p.amount - p.uncaptured_amount AS paid, p.returned_amount AS refunded,
             COALESCE(a.state = 'authorised', 0) AS isCapturing
           FROM payments p FORCE INDEX (PRIMARY) LEFT JOIN authorisations a ON a.payment_id = p.payment_id
           WHERE p.payment_id = ? AND p.status = 'accepted' FOR UPDATE`,
          [paymentId],
        );
  const [lines] = await transaction.query<(RowDataPacket & Refundable['lines'][number])[]>(
    `SELECT sku, quantity, unit_price AS unitPrice, returned FROM order_items WHERE order_id = ? ORDER BY sku FOR UPDATE`,
    [orderId],
  );
  return {
    paid: payment?.paid ?? 0,
    refunded: payment?.refunded ?? 0,
    isCapturing: payment?.isCapturing === 1,
    lines,
  };
}

/** The WHERE refuses more money than was captured, in sum over all refunds, also after a wrong decision. */
export async function takeMoney(transaction: Transaction, paymentId: string, amount: number): Promise<void> {
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    `UPDATE payments FORCE INDEX (PRIMARY) SET returned_amount = returned_amount + ?
     WHERE payment_id = ? AND status = 'accepted' AND returned_amount + ? <= amount - uncaptured_amount`,
    [amount, paymentId, amount],
  );
  if (affectedRows !== 1) throw new Error(`payment ${paymentId} has no ${amount} left to refund`);
}

/** The WHERE refuses more units of a line than were bought, in sum over all refunds, also after a wrong decision. */
export async function takeUnits(
  transaction: Transaction,
  orderId: string,
  lines: readonly RefundLine[],
): Promise<void> {
  if (lines.length === 0) return;
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    `UPDATE JSON_TABLE(?, '$[*]' COLUMNS (
       sku VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PATH '$.sku',
       quantity BIGINT PATH '$.quantity')) AS back
     STRAIGHT_JOIN order_items i FORCE INDEX (PRIMARY) ON i.order_id = ? AND i.sku = back.sku
     SET i.returned = i.returned + back.quantity
     WHERE i.returned + back.quantity <= i.quantity`,
    [JSON.stringify(lines), orderId],
  );
  if (affectedRows !== lines.length)
    throw new Error(`order ${orderId} has fewer units left than ${lines.length} lines`);
}
