import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError, unavailable } from '../domain/errors.js';
import { createGroupCommit } from './group-commit.js';
import type { Pool } from './pool.js';
import { lockedAmong } from './stock.js';

const LOOK_EVERY_MS = 50;

/** About as long as a transaction waits for a lock. */
const PATIENCE_MS = 2_000;

/**
 * The SKUs that somebody else was seen to hold for longer than a lock wait. Who wants one of them waits here, beside
 * the transactions of the others and without a connection of their own: all who wait look together, by one statement
 * that skips what is locked.
 *
 * A look may take a row for held that is locked for a moment only. That delays its buyers by a few looks, and refuses
 * none: they look until the patience is over.
 */
export function createLockedStock(pool: Pool, options: { readonly waiting: number }) {
  const locked = new Set<string>();
  let waiting = 0;

  const look = createGroupCommit(
    async (asked: readonly (readonly string[])[]) => {
      const skus = [...new Set(asked.flat())];
      const found = await lockedAmong(pool, skus);
      for (const sku of skus) locked[found.has(sku) ? 'add' : 'delete'](sku);
      return asked.map(() => undefined);
    },
    { largest: 1_000, atOnce: 1, waiting: options.waiting },
  );
  const holds = (skus: readonly string[]): boolean => locked.size > 0 && skus.some((sku) => locked.has(sku));

  /** Resolves when none of `skus` is held. @throws {DomainError} `dependency-unavailable` or `overloaded` */
  async function released(skus: readonly string[]): Promise<void> {
    if (waiting >= options.waiting) throw new DomainError('overloaded', `${waiting} wait for locked stock already`);
    waiting++;
    try {
      const end = Date.now() + PATIENCE_MS;
      for (await look(skus); holds(skus); await look(skus)) {
        if (Date.now() > end) throw unavailable('the database', new Error('another transaction holds the stock'));
        await sleep(LOOK_EVERY_MS);
      }
    } finally {
      waiting--;
    }
  }

  return { look, holds, released, waiting: () => waiting };
}
