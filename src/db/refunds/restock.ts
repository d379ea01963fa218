import type { RefundLine } from '../../domain/order-refund.js';
import { applyChange } from '../../domain/stock-change.js';
import type { Transaction } from '../driver/transaction.js';
import { type AllowedChange, writeChanges } from '../stock/change-rows.js';
import { lockLevels } from '../stock/locked-stock.js';

/** A refund whose units go back to the shelf. */
interface Returning {
  readonly refundId: string;
  readonly orderId: string;
  /** One line for each SKU. */
  readonly lines: readonly RefundLine[];
  readonly reason: string | null;
  readonly by: string;
  readonly fingerprint: Buffer;
}

/** The ledger's key of a line: the audit finds the row again, and the unique key refuses a second one. */
const keyOf = (refundId: string, index: number): string => `refund:${refundId}:${index}`;

/**
 * Writes the units into the ledger as `returned`. The stock is locked last and in the order of the SKUs, as settlements
 * do.
 *
 * @returns the SKU whose stock would pass 2^53; the transaction then has to roll back
 */
export async function restock(transaction: Transaction, returning: Returning): Promise<string | undefined> {
  const { refundId, orderId, lines, reason, by, fingerprint } = returning;
  const levels = await lockLevels(
    transaction,
    lines.map(({ sku }) => sku),
  );
  const allowed: AllowedChange[] = [];
  for (const [index, { sku, quantity }] of lines.entries()) {
    const before = levels.get(sku);
    if (before === undefined) throw new Error(`order ${orderId} has the SKU ${sku}, which is no product`);
    const applied = applyChange(before, { kind: 'returned', quantity });
    if (applied.kind === 'refused') return sku;
    const asked = { sku, kind: 'returned', quantity, reason, reference: `order ${orderId}`, by } as const;
    const request = { ...asked, cancelNewestOrders: false, idempotencyKey: keyOf(refundId, index), fingerprint };
    allowed.push({ request, delta: applied.delta, before, after: applied.after });
  }
  await writeChanges(transaction, allowed);
  return undefined;
}
