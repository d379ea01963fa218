import { DomainError } from '../../domain/errors.js';
import {
  applyChange,
  type StockChange,
  type StockChangeRequest,
  type StockChangeResult,
} from '../../domain/stock-change.js';
import { isDuplicateKey } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction, type Transaction } from '../driver/transaction.js';
import { type AllowedChange, findChanges, writeChanges } from './change-rows.js';
import { lockLevels } from './locked-stock.js';

/** Each attempt loses to another process that used a key. More in a row is an overload. A rule of thumb. */
const ATTEMPTS = 10;

/**
 * Changes the stock by many changes in one transaction, in their order: a change finds what the changes before it have
 * left. A change whose key was used before gets the stored change, and changes nothing. A change that the stock does not
 * allow is refused alone.
 *
 * @returns one result for each request, in the same order
 * @throws {DomainError} `dependency-unavailable`, `overloaded`
 */
export const changeStock = (pool: Pool, requests: readonly StockChangeRequest[]): Promise<StockChangeResult[]> =>
  retryingKeys(() => inTransaction(pool, (transaction) => changeStockIn(transaction, requests)));

/** Another transaction may commit one of the keys between a SELECT and an INSERT. The next attempt finds the key. */
export async function retryingKeys<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      if (attempt === ATTEMPTS) throw new DomainError('overloaded', 'others took its key each time', { cause: error });
    }
  }
}

/** As {@link changeStock}, within the caller's transaction. The stock is locked first and until the caller's COMMIT. */
export async function changeStockIn(
  transaction: Transaction,
  requests: readonly StockChangeRequest[],
): Promise<StockChangeResult[]> {
  const levels = new Map(
    await lockLevels(
      transaction,
      requests.map(({ sku }) => sku),
    ),
  );
  const known = await findChanges(
    transaction,
    requests.map(({ idempotencyKey }) => idempotencyKey),
  );
  const first = new Map<string, StockChangeRequest>();
  for (const request of requests) {
    if (!known.has(request.idempotencyKey) && !first.has(request.idempotencyKey)) {
      first.set(request.idempotencyKey, request);
    }
  }
  const decided = new Map<string, StockChangeResult>();
  const allowed: AllowedChange[] = [];
  for (const [key, request] of first) {
    const before = levels.get(request.sku);
    if (before === undefined) {
      decided.set(key, { kind: 'unknown-sku' });
      continue;
    }
    const applied = applyChange(before, request);
    if (applied.kind === 'refused') {
      decided.set(key, applied);
      continue;
    }
    levels.set(request.sku, applied.after);
    allowed.push({ request, delta: applied.delta, before, after: applied.after });
  }
  const stored = await writeChanges(transaction, allowed);

  return requests.map((request) => {
    const key = request.idempotencyKey;
    const before = known.get(key);
    if (before !== undefined) return replay(request, before);
    const owner = first.get(key);
    if (owner === undefined || !owner.fingerprint.equals(request.fingerprint)) return { kind: 'key-reused' };
    const change = stored.get(key)?.change;
    if (change !== undefined) return { kind: 'changed', change, replayed: owner !== request };
    const result = decided.get(key);
    if (result === undefined) throw new Error(`no decision for the stock change ${key}`);
    return result;
  });
}

/** The answer to a key that was used before. */
export const replay = (
  request: StockChangeRequest,
  known: { readonly change: StockChange; readonly fingerprint: Buffer },
): StockChangeResult =>
  known.fingerprint.equals(request.fingerprint)
    ? { kind: 'changed', change: known.change, replayed: true }
    : { kind: 'key-reused' };
