import type { CheckoutRequest, CheckoutResult, Checkouts } from '../domain/checkout.js';
import type { HoardingLimits } from '../domain/hoarding.js';
import { isLockWait } from './connection-errors.js';
import { createGroupCommit } from './group-commit.js';
import { createLockedStock } from './locked-stock.js';
import type { Pool } from './pool.js';
import { reserve } from './reservations.js';

/**
 * Checkouts that come at the same time fold into one transaction. When that has waited for stock which somebody else
 * holds, those who want this stock leave the others: they wait for it aside, so that it stops nobody else.
 *
 * @param options.waiting checkouts that may wait for their transaction, and aside; one more is answered `overloaded`
 */
export function createCheckouts(
  pool: Pool,
  options: { readonly windowMs: number; readonly waiting: number; readonly limits?: HoardingLimits },
): { readonly checkout: Checkouts; readonly waiting: () => number; readonly idle: () => Promise<void> } {
  const stock = createLockedStock(pool, options);
  const together = createGroupCommit(run, { largest: 200, atOnce: 2, waiting: options.waiting });

  const isHeld = ({ lines }: CheckoutRequest) => stock.holds(lines.map(({ sku }) => sku));
  const checkout: Checkouts = (request) => (isHeld(request) ? aside(request) : together(request));

  async function aside(request: CheckoutRequest): Promise<CheckoutResult> {
    await stock.released(request.lines.map(({ sku }) => sku));
    return await together(request);
  }

  async function run(requests: readonly CheckoutRequest[]): Promise<(CheckoutResult | Promise<CheckoutResult>)[]> {
    // Some may have waited here since before their stock was known to be held.
    const results = await reserveFree(requests.filter((request) => !isHeld(request)));
    return requests.map((request) => results.get(request) ?? checkout(request));
  }

  async function reserveFree(requests: readonly CheckoutRequest[]): Promise<Map<CheckoutRequest, CheckoutResult>> {
    if (requests.length === 0) return new Map();
    let results: CheckoutResult[];
    try {
      results = await reserve(pool, requests, options.windowMs, options.limits, 1);
    } catch (error) {
      if (!isLockWait(error)) throw error;
      await stock.look(requests.flatMap(({ lines }) => lines.map(({ sku }) => sku)));
      const free = requests.filter((request) => !isHeld(request));
      if (free.length < requests.length) return await reserveFree(free);
      // Whoever held one has let go meanwhile, or it was no stock that they waited for.
      results = await reserve(pool, requests, options.windowMs, options.limits, 1);
    }
    return new Map(requests.map((request, index) => [request, results[index] as CheckoutResult]));
  }

  return { checkout, waiting: () => together.depth() + stock.waiting(), idle: together.idle };
}
