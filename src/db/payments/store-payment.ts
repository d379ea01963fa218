import type { ResultSetHeader } from 'mysql2/promise';
import { isUncaptured } from '../../domain/authorisation.js';
import { DomainError } from '../../domain/errors.js';
import type { RefundReason } from '../../domain/order.js';
import { type PaymentEvent, prefixedPaymentId, type StoredAs, type UnplacedPayments } from '../../domain/payment.js';
import type { PaymentStatus } from '../../domain/settlement.js';
import { recordCaptured } from '../authorisations/outcomes.js';
import { insertAuthorisation, takesAuthorisation } from '../authorisations/rows.js';
import type { Transaction } from '../driver/transaction.js';
import { insertPaymentEvent } from './payment-events.js';
import { lockPayment } from './payment-rows.js';
import { assignNamedOrder, sameAmount, sameOrder } from './repeated-events.js';

/** How an event was stored, and the payment that the event has brought or has confirmed. */
export interface Stored {
  readonly as: StoredAs;
  readonly payment?: { readonly paymentId: string; readonly orderId: string };
}

/**
 * The primary key lets an id have one payment. An id that another provider has used, or that begins with the provider's
 * own name and a colon, is stored with the provider's name in front. So two providers never share a payment.
 */
export async function storePayment(
  transaction: Transaction,
  event: PaymentEvent,
  { isKnown, unplaced }: { readonly isKnown: boolean; readonly unplaced: UnplacedPayments },
): Promise<Stored> {
  const isDead = event.type === 'payment.authorised' && !(await takesAuthorisation(transaction, event));
  const first = isDead ? released : isKnown ? received : without[unplaced];
  const { provider, paymentId } = event;
  const prefixed = prefixedPaymentId(event);
  for (const id of paymentId.startsWith(`${provider}:`) ? [prefixed] : [paymentId, prefixed]) {
    if (await insertPayment(transaction, event, id, first)) {
      return { as: first.status === 'unplaced' ? 'unplaced' : 'stored', payment: { ...event, paymentId: id } };
    }
    const known = await lockPayment(transaction, id);
    if (known?.provider !== provider) continue;
    // A person may have captured a part in the provider's dashboard.
    const isPart =
      event.type === 'payment.succeeded' && event.currency === known.currency && event.amount < known.amount;
    if (!sameAmount(known, event) && !(isPart && isUncaptured(known))) return { as: 'contradicting' };
    if (event.type === 'payment.succeeded' && known.uncapturedAmount > 0)
      await recordCaptured(transaction, id, event.amount);
    if (sameOrder(known, event)) return { as: 'stored', payment: known };
    const isPlaced = first === received && (await assignNamedOrder(transaction, known, event));
    return isPlaced ? { as: 'stored', payment: { ...event, paymentId: id } } : { as: 'contradicting' };
  }
  throw new DomainError('event-conflict', `the payment ids ${paymentId} and ${prefixed} are other providers'`);
}

interface First {
  readonly status: PaymentStatus;
  readonly reason: RefundReason | null;
}

const received: First = { status: 'received', reason: null };
/** The provider releases the money, or has done so. */
const released: First = { status: 'refund_required', reason: 'payment-closed' };
/** The first status of a payment for an unknown order, by the setting. */
const without: Readonly<Record<UnplacedPayments, First>> = {
  keep: { status: 'unplaced', reason: null },
  refund: { status: 'refund_required', reason: 'order-unknown' },
};

async function insertPayment(
  transaction: Transaction,
  { type, provider, orderId, amount, currency }: PaymentEvent,
  paymentId: string,
  { status, reason }: First,
): Promise<boolean> {
  const isAuthorised = type === 'payment.authorised';
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    `INSERT INTO payments (payment_id, provider, order_id, amount, currency, status, refund_reason, uncaptured_amount, received_at,
       decided_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(3), IF(? = 'refund_required', UTC_TIMESTAMP(3), NULL))
     ON DUPLICATE KEY UPDATE payment_id = payments.payment_id`,
    [paymentId, provider, orderId, amount, currency, status, reason, isAuthorised ? amount : 0, status],
  );
  if (affectedRows !== 1) return false;
  if (isAuthorised) await insertAuthorisation(transaction, paymentId);
  if (status === 'unplaced') await insertPaymentEvent(transaction, 'payment.unplaced', paymentId);
  if (status === 'refund_required') await insertPaymentEvent(transaction, 'refund.required', paymentId);
  return true;
}
