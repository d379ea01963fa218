import { applyChange, type StockChangeRequest, type StockChangeResult } from '../../domain/stock-change.js';
import type { Pool } from '../driver/pool.js';
import type { Transaction } from '../driver/transaction.js';
import { lockRecorded } from '../orders/lock-recorded.js';
import { type RecordedOrder, recordOrders } from '../orders/orders.js';
import { movingStock, settleIn } from '../orders/settlement.js';
import { replay, retryingKeys } from './change-batch.js';
import { findChanges, writeChanges } from './change-rows.js';
import { coveringOrders, type HoldingOrder, MOST_ORDERS, newestHolding } from './holding-orders.js';
import { lockLevels } from './locked-stock.js';

/** `settleIn` takes at most so many orders at once. */
const ORDERS_AT_ONCE = 900;
/** Buyers reserve while the orders are looked for, so more orders are locked than are canceled. A rule of thumb. */
const SPARE_UNITS = 100;
const ATTEMPTS = 8;

/**
 * Makes a change that only fits when open orders give up their units: cancels the newest orders that hold the SKU, until
 * the others can be met, and changes the stock in the same transaction. Cancels no more orders than are needed by the
 * locked stock.
 *
 * The locks have the sequence of every settlement: orders, and then the stock. So the orders are looked for before they
 * are locked. Orders that came or ended meanwhile are found by the next attempt, which locks more orders.
 *
 * @param missing the units that are missing now
 * @param beforeCommit its error rolls the change back, as for a rehearsal; nothing is written then
 * @returns the refusal when the open orders hold too few units, or too many orders would end
 * @throws {DomainError} `dependency-unavailable`, `overloaded`
 */
export async function forceChange(
  pool: Pool,
  request: StockChangeRequest,
  missing: number,
  beforeCommit?: (result: StockChangeResult) => void,
): Promise<StockChangeResult> {
  for (let attempt = 1, units = missing; ; attempt++) {
    const orders = await newestHolding(pool, request.sku, units + SPARE_UNITS * 2 ** attempt);
    // Apart, since a transaction that inserts orders and then ends others of them can deadlock with one that does the same.
    const unrecorded = orders.filter(({ isRecorded }) => !isRecorded).map(({ orderId }) => orderId);
    if (!beforeCommit) await inParts(unrecorded, (ids) => recordOrders(pool, ids));
    const result = await retryingKeys(() =>
      movingStock(pool, async (transaction, byLine) => {
        const forced = await forceIn(transaction, request, orders, { byLine });
        beforeCommit?.(forced);
        return forced;
      }),
    );
    if (result.kind !== 'refused' || result.missing === 0) return result;
    if (attempt === ATTEMPTS || orders.length === MOST_ORDERS) return result;
    units = result.missing;
  }
}

async function forceIn(
  transaction: Transaction,
  request: StockChangeRequest,
  orders: readonly HoldingOrder[],
  { byLine }: { readonly byLine: boolean },
): Promise<StockChangeResult> {
  const { sku, idempotencyKey } = request;
  const locked = await inParts(
    orders.map(({ orderId }) => orderId),
    (ids) => lockRecorded(transaction, ids),
  );
  const levels = await lockLevels(transaction, [sku, ...orders.flatMap(({ skus }) => skus)]);
  const known = (await findChanges(transaction, [idempotencyKey])).get(idempotencyKey);
  if (known !== undefined) return replay(request, known);
  const before = levels.get(sku);
  if (before === undefined) return { kind: 'unknown-sku' };

  const asked = applyChange(before, request);
  if (asked.kind === 'refused' && asked.missing === 0) return asked;
  const isOpen = new Set(locked.filter(({ status }) => status === 'placed').map(({ orderId }) => orderId));
  const open = orders.filter(({ orderId }) => isOpen.has(orderId));
  const canceled = asked.kind === 'refused' ? coveringOrders(open, asked.missing) : [];
  if (asked.kind === 'refused' && unitsOf(canceled) < asked.missing) return asked;
  const canceledOrders = canceled.map(({ orderId }) => orderId);
  await cancelAll(transaction, canceledOrders, { byLine, locked, unannounced: sku });

  const freed = (await lockLevels(transaction, [sku])).get(sku) ?? before;
  const applied = applyChange(freed, request);
  // The transaction rolls back: no order ends for a change that is not made.
  if (applied.kind === 'refused')
    throw new Error(`the canceled orders gave back too few units of ${sku}: orders audit`);
  const { delta, after } = applied;
  const stored = await writeChanges(transaction, [{ request, delta, before, after, canceledOrders }]);
  const change = stored.get(idempotencyKey)?.change;
  if (change === undefined) throw new Error(`the stock change ${idempotencyKey} was not stored`);
  return { kind: 'changed', change, replayed: false };
}

async function cancelAll(
  transaction: Transaction,
  orderIds: readonly string[],
  options: { readonly byLine: boolean; readonly locked: readonly RecordedOrder[]; readonly unannounced: string },
): Promise<void> {
  const rowOf = new Map(options.locked.map((order) => [order.orderId, order]));
  await inParts(orderIds, async (ids) => {
    const requests = ids.map((orderId) => ({ orderId, cause: { kind: 'cancel', reason: 'stock-missing' } }) as const);
    const locked = ids.flatMap((orderId) => rowOf.get(orderId) ?? []);
    await settleIn(transaction, requests, { ...options, locked });
    return [];
  });
}

async function inParts<T>(
  orderIds: readonly string[],
  work: (part: readonly string[]) => Promise<readonly T[]>,
): Promise<T[]> {
  const sorted = [...orderIds].sort();
  const results: T[] = [];
  for (let at = 0; at < sorted.length; at += ORDERS_AT_ONCE) {
    results.push(...(await work(sorted.slice(at, at + ORDERS_AT_ONCE))));
  }
  return results;
}

const unitsOf = (orders: readonly HoldingOrder[]): number =>
  orders.reduce((units, { quantity }) => units + quantity, 0);
