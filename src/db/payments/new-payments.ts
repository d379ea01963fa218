import type { ResultSetHeader } from 'mysql2/promise';
import type { PaymentEvent } from '../../domain/payment.js';
import { isArchived } from '../archive/archived-payments.js';
import { inOneRoundTrip } from '../driver/one-round-trip.js';
import type { Transaction } from '../driver/transaction.js';

/** An event or a payment of the group was stored before: the transaction has to roll back, and each is stored alone. */
export class NotAllNew extends Error {}

/** Whether the event brings a payment under the provider's own id, as almost every event of a group does. */
export const isPlain = ({ type, provider, paymentId }: PaymentEvent): boolean =>
  type === 'payment.succeeded' && !paymentId.startsWith(`${provider}:`);

/**
 * Stores events that are new, and their payments, by two statements in one round trip, and looks for them in the archive.
 * Each event is plain, and a checkout has its order. The rows are inserted in the order of their keys, so that two groups
 * do not wait for each other.
 *
 * @throws {NotAllNew} when an event or a payment is there already, also from another event of the group
 */
export async function storeNewPayments(transaction: Transaction, events: readonly PaymentEvent[]): Promise<void> {
  if (events.length === 0) return;
  const together = inOneRoundTrip(transaction);
  const ofEvents = insert(
    together,
    `INSERT INTO payment_events (received_at, provider, event_id, body_sha256, type, payment_id, order_id)
     VALUES ? ON DUPLICATE KEY UPDATE event_id = payment_events.event_id`,
    events.map((event) => [
      event.provider,
      event.eventId,
      event.bodySha256,
      event.type,
      event.paymentId,
      event.orderId,
    ]),
    ([provider, eventId]) => `${provider} ${eventId}`,
  );
  const ofPayments = insert(
    together,
    `INSERT INTO payments (received_at, payment_id, provider, order_id, amount, currency)
     VALUES ? ON DUPLICATE KEY UPDATE payment_id = payments.payment_id`,
    events.map(({ paymentId, provider, orderId, amount, currency }) => [
      paymentId,
      provider,
      orderId,
      amount,
      currency,
    ]),
    ([paymentId]) => String(paymentId),
  );
  // Behind the INSERTs, in their round trip.
  const [archived] = await Promise.all([isArchived(together, events), ofEvents, ofPayments]);
  if (archived) throw new NotAllNew('an archived order has one of the rows');
}

const byDatabase = { toSqlString: () => 'UTC_TIMESTAMP(3)' };

async function insert(
  transaction: Transaction,
  sql: string,
  rows: readonly (readonly (string | number | Buffer)[])[],
  keyOf: (row: readonly (string | number | Buffer)[]) => string,
): Promise<void> {
  const sorted = rows.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(sql, [sorted.map((row) => [byDatabase, ...row])]);
  if (affectedRows !== rows.length) throw new NotAllNew(`${affectedRows} of ${rows.length} rows are new`);
}
