import type { CheckoutRequest, CheckoutResult, Checkouts } from '../../domain/checkout.js';
import type { CheckoutLimits } from '../../domain/checkout-limits.js';
import { DomainError, unavailable } from '../../domain/errors.js';
import { isLockWait, isSilence } from '../driver/connection-errors.js';
import { createGroupCommit } from '../driver/group-commit.js';
import type { Pool } from '../driver/pool.js';
import { reserve } from './reservations.js';
import { awaitStock, lockedAmong } from './stock.js';

/**
 * The most lines of one transaction. MariaDB reads an IN list of 1,000 values or more by a temporary table
 * (`in_predicate_conversion_threshold`) and then locks the rows in no order.
 */
const LINES = 900;

type Answers = Map<CheckoutRequest, CheckoutResult>;

/**
 * Checkouts that come at the same time run in one transaction. After a lock wait, checkouts of the locked SKUs wait
 * separately: each waits in the database's own queue for the lock and locks nothing else meanwhile. So the waiting
 * checkouts get the lock in their turn, and checkouts of other SKUs continue.
 *
 * @param options.windowMs how long the stock is held
 * @param options.waiting how many checkouts may wait in all, for a transaction or for locked stock; the next checkout
 *   is rejected with `overloaded`
 */
export function createCheckouts(
  pool: Pool,
  options: { readonly windowMs: number; readonly waiting: number; readonly limits?: CheckoutLimits },
): { readonly checkout: Checkouts; readonly waiting: () => number; readonly idle: () => Promise<void> } {
  const lockedSkus = new Set<string>();
  const weight = { of: ({ lines }: CheckoutRequest) => lines.length, most: LINES };
  const group = { largest: 200, weight, waiting: options.waiting, endsAll: isSilence };
  const batched = createGroupCommit(runBatch, { ...group, atOnce: 2 });
  const forLocked = createGroupCommit(runForLocked, { ...group, atOnce: 1 });
  const waiting = () => batched.depth() + forLocked.depth();

  const checkout: Checkouts = (request) => {
    if (waiting() < options.waiting) return wantsLocked(request) ? forLocked(request) : batched(request);
    return Promise.reject(new DomainError('overloaded', `${waiting()} are waiting already`));
  };

  function wantsLocked({ lines }: CheckoutRequest): boolean {
    return lockedSkus.size > 0 && lines.some(({ sku }) => lockedSkus.has(sku));
  }

  async function runBatch(requests: readonly CheckoutRequest[]) {
    // A request may have joined this group before its SKU was found locked.
    const answers = await reserveFree(requests.filter((request) => !wantsLocked(request)));
    return requests.map((request) => answers.get(request) ?? forLocked(request));
  }

  async function reserveFree(requests: readonly CheckoutRequest[]): Promise<Answers> {
    if (requests.length === 0) return new Map();
    try {
      return await reserveOnce(requests);
    } catch (error) {
      if (!isLockWait(error)) throw error;
    }
    for (const sku of await lockedAmong(pool, skusOf(requests))) lockedSkus.add(sku);
    const free = requests.filter((request) => !wantsLocked(request));
    // No request wants locked stock: the lock was released meanwhile, or was on another table.
    return free.length < requests.length ? await reserveFree(free) : await reserveOnce(requests);
  }

  async function runForLocked(requests: readonly CheckoutRequest[]) {
    const wanted = skusOf(requests).filter((sku) => lockedSkus.has(sku));
    const stillHeld = await awaitStock(pool, wanted);
    for (const sku of wanted) if (!stillHeld.has(sku)) lockedSkus.delete(sku);
    const free = requests.filter((request) => !wantsLocked(request));
    const answers: Answers = free.length === 0 ? new Map() : await reserveOnce(free);
    return requests.map((request) => answers.get(request) ?? Promise.reject(stillLocked()));
  }

  async function reserveOnce(requests: readonly CheckoutRequest[]): Promise<Answers> {
    const results = await reserve(pool, requests, options.windowMs, options.limits, 1);
    return new Map(requests.map((request, index) => [request, results[index] as CheckoutResult]));
  }

  return { checkout, waiting, idle: () => batched.idle().then(forLocked.idle) };
}

const skusOf = (requests: readonly CheckoutRequest[]): string[] => [
  ...new Set(requests.flatMap(({ lines }) => lines.map(({ sku }) => sku))),
];

const stillLocked = (): DomainError =>
  unavailable('the database', new Error('another transaction holds the stock that this one wants'));
