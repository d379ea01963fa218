import { allocate } from '../../domain/allocation.js';
import type { CheckoutRequest, CheckoutResult } from '../../domain/checkout.js';
import type { CheckoutLimits } from '../../domain/checkout-limits.js';
import { DomainError } from '../../domain/errors.js';
import { NO_LIMITS } from '../../domain/hoarding.js';
import { statusAtCheckout } from '../../domain/totals.js';
import { isDuplicateKey } from '../driver/connection-errors.js';
import { inOneRoundTrip } from '../driver/one-round-trip.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction, type Transaction } from '../driver/transaction.js';
import { crossingOf, insertEvents } from '../events/new-events.js';
import { settleFree } from '../orders/free-orders.js';
import { admissions } from './admissions.js';
import { findForgottenKeys } from './forgotten-keys.js';
import { findByKey, type KnownKeys, keyOf } from './known-keys.js';
import { insertCheckouts, type NewCheckout, newCheckout, placedEvent } from './new-checkouts.js';
import { openPlaces, readPlaces } from './open-places.js';
import { createReferences, findReferences } from './references.js';
import { lockStock, markInUse, takeStock } from './stock.js';

/** Each attempt loses to another process that took a key or a place. More in a row is an overload. A rule of thumb. */
const ATTEMPTS = 10;

/**
 * Reserves stock for many requests in one transaction, in their order: all lines of a request, or none.
 *
 * A request whose key was used before gets the stored checkout, and takes no stock. When the reply to COMMIT is lost,
 * the batch runs a second time and finds its own rows by their keys. The locks on the stock make the second run wait
 * for a first run that is still committing on the server.
 *
 * @param usualWindowMs how long the stock is held, by the database's clock, for a request that names no window
 * @param limits on amounts, and on what one customer may hold; a unique key holds the limit on open orders across processes
 * @param lockWaits how many attempts may end with a lock wait
 * @returns one result per request, in the same order
 * @throws {DomainError} `dependency-unavailable` when the database does not answer: the requests may be reserved or
 *   not, and the same call with the same keys returns which; `overloaded` when other processes took the places of a
 *   single request at each attempt. Any other error is of one of the requests, and no request is reserved
 */
export async function reserve(
  pool: Pool,
  requests: readonly CheckoutRequest[],
  usualWindowMs: number,
  limits: CheckoutLimits = NO_LIMITS,
  lockWaits = 2,
): Promise<CheckoutResult[]> {
  const work = (transaction: Transaction) => reserveIn(transaction, requests, usualWindowMs, limits);
  for (let attempt = 1; ; attempt++) {
    try {
      return await inTransaction(pool, work, { 'lock wait': lockWaits });
    } catch (error) {
      // Another process committed one of these keys or places between our SELECT and our INSERT. The next attempt sees
      // it.
      if (!isDuplicateKey(error)) throw error;
      if (attempt < ATTEMPTS) continue;
      // One of several requests may be the cause. The group commit runs them again in smaller groups.
      if (requests.length > 1) throw error;
      throw new DomainError('overloaded', 'others took each of its places', { cause: error });
    }
  }
}

async function reserveIn(
  transaction: Transaction,
  requests: readonly CheckoutRequest[],
  usualWindowMs: number,
  limits: CheckoutLimits,
): Promise<CheckoutResult[]> {
  const together = inOneRoundTrip(transaction);
  // In this order: what is read under the locks is what other processes have committed.
  const [{ products, now }, known, used, placesOfCustomers, forgotten] = await Promise.all([
    lockStock(together, requests),
    findByKey(together, requests),
    findReferences(together, requests),
    readPlaces(together, requests, limits),
    findForgottenKeys(together, requests, keyOf),
  ]);

  const first = new Map<string, CheckoutRequest>();
  for (const request of requests) if (!first.has(keyOf(request))) first.set(keyOf(request), request);
  const references = createReferences(used);
  const fresh = [...first.values()]
    .filter((request) => !known.has(keyOf(request)))
    .filter((request) => !forgotten.has(keyOf(request)));

  const places = openPlaces(placesOfCustomers, limits);
  const admit = admissions({ limits, places, references });
  const { allocations, taken } = allocate(
    products,
    fresh.map(({ lines }) => lines),
    (index, price) => admit(fresh[index] as CheckoutRequest, price),
  );
  const decided = new Map<string, CheckoutResult>();
  const reserved: NewCheckout[] = [];
  fresh.forEach((request, index) => {
    const allocation = allocations[index];
    if (allocation?.kind === 'reserved') {
      const { kind, ...priced } = allocation;
      const { windowMs = usualWindowMs } = request;
      const expiresAt = new Date(now.getTime() + windowMs);
      const checkout = newCheckout(request, priced, { createdAt: now, expiresAt });
      reserved.push({ request, checkout });
      decided.set(keyOf(request), { kind, checkout, replayed: false });
    } else if (allocation !== undefined) {
      // A shop that asks again under another key may find its own order in the last stock: the reference says so.
      decided.set(keyOf(request), references.usedBy(request) ?? allocation);
    }
  });

  if (reserved.length > 0) {
    // A process of an earlier version may run at the same time, and marks no product. So each reservation looks.
    const marked = new Set(products.flatMap(({ sku, isMarked }) => (isMarked ? [sku] : [])));
    const unmarked = taken.flatMap(({ sku }) => (marked.has(sku) ? [] : [sku]));
    const available = new Map(products.map((product) => [product.sku, product.available]));
    const soldOut = taken.flatMap(({ sku, quantity }) => {
      const before = available.get(sku) ?? 0;
      return crossingOf(sku, before, before - quantity);
    });
    await Promise.all([
      markInUse(together, unmarked),
      takeStock(together, taken),
      insertCheckouts(together, reserved, places.taken),
      insertEvents(together, [...reserved.map(({ checkout }) => placedEvent(checkout)), ...soldOut]),
    ]);
    await settleFree(
      transaction,
      reserved.flatMap(({ checkout }) => (statusAtCheckout(checkout) === 'paid' ? [checkout.orderId] : [])),
    );
  }
  return requests.map((request) => resultFor(request, { known, forgotten, first, decided }));
}

function resultFor(
  request: CheckoutRequest,
  {
    known,
    forgotten,
    first,
    decided,
  }: {
    readonly known: KnownKeys;
    readonly forgotten: ReadonlySet<string>;
    readonly first: ReadonlyMap<string, CheckoutRequest>;
    readonly decided: ReadonlyMap<string, CheckoutResult>;
  },
): CheckoutResult {
  const key = keyOf(request);
  if (forgotten.has(key)) return { kind: 'key-reused' };
  const before = known.get(key);
  const fingerprint = before?.fingerprint ?? first.get(key)?.fingerprint;
  if (fingerprint === undefined || !fingerprint.equals(request.fingerprint)) return { kind: 'key-reused' };
  const result = before === undefined ? decided.get(key) : { kind: 'reserved' as const, checkout: before.checkout };
  if (result === undefined) throw new Error(`no decision for ${request.orderId}`);
  if (result.kind !== 'reserved') return result;
  return { ...result, replayed: result.checkout.orderId !== request.orderId };
}
