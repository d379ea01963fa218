import type { RowDataPacket } from 'mysql2/promise';
import type { OrderRefund } from '../../domain/order-refund.js';
import type { Transaction } from '../driver/transaction.js';
import { lockPayment } from '../payments/payment-rows.js';
import { takeMoney } from './refundable.js';

/**
 * Counts again what was displaced of a refund ({@link OrderRefund}), as far as the refund needs it and the payment has it
 * left. The caller has locked the order.
 *
 * @param needed what goes back by the refund
 * @returns how much is missing; 0 when all that is needed counts
 */
export async function countDisplaced(
  transaction: Transaction,
  { refundId, paymentId, amount }: Pick<OrderRefund, 'refundId' | 'paymentId' | 'amount'>,
  needed: number,
): Promise<number> {
  const [[row]] = await transaction.query<(RowDataPacket & { displaced: number })[]>(
    'SELECT displaced FROM order_refunds WHERE refund_id = ? AND displaced > 0 FOR UPDATE',
    [refundId],
  );
  const missing = row === undefined ? 0 : needed - (amount - row.displaced);
  if (missing <= 0 || paymentId === null) return 0;
  const payment = await lockPayment(transaction, paymentId);
  const again = Math.min(missing, payment === undefined ? 0 : payment.amount - payment.returnedAmount);
  if (again > 0) {
    await takeMoney(transaction, paymentId, again);
    await transaction.query('UPDATE order_refunds SET displaced = displaced - ? WHERE refund_id = ?', [
      again,
      refundId,
    ]);
  }
  return missing - again;
}
