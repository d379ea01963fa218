import { hash } from 'node:crypto';
import { v7 as uuid } from 'uuid';
import { type AskedRefund, decideRefund, type RefundResult } from '../../domain/order-refund.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction, type Transaction } from '../driver/transaction.js';
import { lockRecorded } from '../orders/lock-recorded.js';
import { orderUnknown } from '../orders/orders.js';
import { inParts } from '../sku-parts.js';
import { retryingKeys } from '../stock/change-batch.js';
import { insertRefundEvent } from './refund-events.js';
import { insertRefund, lockByKey, lockRefund } from './refund-rows.js';
import { lockRefundable, takeMoney, takeUnits } from './refundable.js';
import { restock } from './restock.js';

interface RefundRequest extends AskedRefund {
  /** SHA-256 of what is asked: a retry has the same one, and another request under the same key has another. */
  readonly fingerprint: Buffer;
}

/**
 * Refunds or returns a part of a paid order, or all that is left of it. One transaction takes the money and the units,
 * writes the refund that the provider has to make, and puts the units into the ledger. The locks are taken in the sequence
 * of a settlement: the order, its payment, and last the stock. A request whose key was used before gets the stored refund,
 * and changes nothing.
 *
 * @throws {DomainError} `order-unknown` when no checkout has this id, `dependency-unavailable`, `overloaded`
 */
export const requestRefund = (pool: Pool, asked: AskedRefund): Promise<RefundResult> =>
  unlessRefused(() => retryingKeys(() => inTransaction(pool, (transaction) => requestIn(transaction, asked))));

/** What {@link requestRefund} would return. Changes nothing: the transaction is rolled back. */
export const rehearseRefund = (pool: Pool, asked: AskedRefund): Promise<RefundResult> =>
  unlessRefused(() =>
    inTransaction(pool, async (transaction) => {
      throw new RolledBack(await requestIn(transaction, asked));
    }),
  );

/** The result of a transaction that has to roll back. */
class RolledBack extends Error {
  constructor(readonly result: RefundResult) {
    super('the refund is rolled back');
  }
}

async function unlessRefused(work: () => Promise<RefundResult>): Promise<RefundResult> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RolledBack) return error.result;
    throw error;
  }
}

function withFingerprint(asked: AskedRefund): RefundRequest {
  const { orderId, amount, lines, all, reason, by } = asked;
  const text = JSON.stringify([orderId, amount ?? null, lines ?? null, all ?? null, asked.restock, reason, by]);
  return { ...asked, fingerprint: hash('sha256', text, 'buffer') };
}

async function requestIn(transaction: Transaction, asked: AskedRefund): Promise<RefundResult> {
  const request = withFingerprint(asked);
  const { orderId, idempotencyKey, fingerprint } = request;
  const [order] = await lockRecorded(transaction, [orderId]);
  if (order === undefined) throw orderUnknown(orderId);
  const known = await lockByKey(transaction, idempotencyKey);
  if (known !== undefined) {
    const isSame = known.fingerprint.equals(fingerprint);
    return isSame ? { kind: 'refund', refund: known.refund, replayed: true } : { kind: 'key-reused' };
  }
  if (order.status !== 'paid') return { kind: 'not-paid', status: order.status };

  const decided = decideRefund(request, await lockRefundable(transaction, order));
  if (decided.kind !== 'allowed') return decided;
  const { amount } = decided;
  const lines = inParts(decided.lines).flat();
  const paymentId = amount > 0 ? order.paymentId : null;
  if (paymentId !== null) await takeMoney(transaction, paymentId, amount);
  await takeUnits(transaction, orderId, lines);
  const refundId = uuid();
  const { currency } = order;
  const made = { ...request, refundId, paymentId, amount, currency, lines };
  await insertRefund(transaction, made);
  await insertRefundEvent(transaction, 'refund.required', made);
  const tooLarge = request.restock ? await restock(transaction, { ...request, refundId, lines }) : undefined;
  if (tooLarge !== undefined) throw new RolledBack({ kind: 'stock-too-large', sku: tooLarge });
  const refund = await lockRefund(transaction, refundId);
  if (refund === undefined) throw new Error(`refund ${refundId} was inserted and is not there`);
  return { kind: 'refund', refund, replayed: false };
}
