import type { Transaction } from '../driver/transaction.js';
import { insertOrders, lockOrders } from './orders.js';
import { settleIn } from './settlement.js';

const cause = { kind: 'nothing-to-pay' } as const;

/**
 * Ends orders that cost nothing, within the transaction that reserves them: each is recorded and `paid`, and its stock is
 * sold, before anybody knows the order. The stock is locked already, against the sequence of all settlements: no other
 * transaction can wait for rows of an order that is not committed. The order's message starts the workflow, which finds
 * the order paid. The report of the end is due all the same: where the message is lost, the report starts the workflow.
 *
 * @throws {StockNotMoved} when the stock that was just reserved cannot be moved; the transaction then has to roll back
 */
export async function settleFree(transaction: Transaction, orderIds: readonly string[]): Promise<void> {
  if (orderIds.length === 0) return;
  const ids = [...orderIds].sort();
  await insertOrders(transaction, ids);
  const locked = await lockOrders(transaction, ids);
  const requests = ids.map((orderId) => ({ orderId, cause }));
  const settled = await settleIn(transaction, requests, { locked });
  if (settled.some((settlement) => settlement?.order.status !== 'paid')) {
    throw new Error(`not each of these orders is paid, although each costs nothing: ${ids.join(', ')}`);
  }
}
