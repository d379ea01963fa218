import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import type { Transaction } from '../driver/transaction.js';
import { insertEvents } from '../events/new-events.js';
import { insertOrderEvents } from '../events/order-events.js';
import type { StoredPayment } from '../payments/payment-rows.js';

/** What the events of a dispute say. `written` counts those that are written. */
interface DisputeFacts extends RowDataPacket {
  readonly amount: number;
  readonly currency: string;
  readonly state: 'open' | 'won' | 'lost';
  readonly reason: string | null;
  readonly written: number;
}

/**
 * Writes the events of a dispute that are not written yet: `dispute.opened` and then `dispute.closed`, each once, also
 * where the end is reported before the begin. They are events of the order, unless no order has the payment's order id.
 * The caller has locked the order and the payment.
 */
export async function insertDisputeEvents(
  transaction: Transaction,
  { provider, id }: { readonly provider: string; readonly id: string },
  { paymentId, orderId, status, refundReason }: StoredPayment,
): Promise<void> {
  const [[dispute]] = await transaction.query<DisputeFacts[]>(
    `SELECT amount, currency, state, reason, events_written AS written FROM disputes
     WHERE provider = ? AND dispute_id = ? FOR UPDATE`,
    [provider, id],
  );
  if (dispute === undefined) return;
  const { amount, currency, state, reason, written } = dispute;
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    'UPDATE disputes SET events_written = ? WHERE provider = ? AND dispute_id = ? AND events_written < ?',
    [state === 'open' ? 1 : 2, provider, id, state === 'open' ? 1 : 2],
  );
  if (affectedRows === 0) return;
  const facts = { disputeId: id, amount, currency, reason };
  const events = [
    ...(written === 0 ? [{ type: 'dispute.opened' as const, data: facts }] : []),
    ...(state === 'open' ? [] : [{ type: 'dispute.closed' as const, data: { ...facts, outcome: state } }]),
  ];
  const [[recorded]] = await transaction.query<RowDataPacket[]>('SELECT 1 FROM orders WHERE order_id = ? FOR UPDATE', [
    orderId,
  ]);
  const isOfOrder = recorded !== undefined && status !== 'unplaced' && refundReason !== 'order-unknown';
  if (isOfOrder)
    await insertOrderEvents(
      transaction,
      events.map((event) => ({ ...event, orderId, paymentId })),
    );
  else
    await insertEvents(
      transaction,
      events.map(({ type, data }) => ({ type, paymentId, data: { orderId, ...data } })),
    );
}
