import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, RowDataPacket } from 'mysql2/promise';
import type { Placed } from '../../src/cli/story/customer.js';
import { until } from '../../src/cli/story/until.js';
import { HELPER_LIMIT_MS } from '../helpers/retried.js';

/** A request for one unit, and its answer. */
export interface Attempt {
  readonly userId: number;
  readonly key: string;
  /** 0 when no answer came. */
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: Placed;
}

export async function buyOnce(shopUrl: string, sku: string, userId: number, key: string): Promise<Attempt> {
  const response = await fetch(`${shopUrl}/checkout`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ userId, items: [{ sku, quantity: 1 }] }),
    signal: AbortSignal.timeout(HELPER_LIMIT_MS),
  });
  const retryAfter = response.headers.get('retry-after');
  return { userId, key, status: response.status, retryAfter, body: (await response.json()) as Placed };
}

export interface Buyers {
  /** The answers so far. */
  readonly attempts: readonly Attempt[];
  /** Waits for this many more answers that `fit`. */
  readonly waitFor: (what: string, fit: (attempt: Attempt) => boolean, more?: number) => Promise<void>;
  readonly stop: () => Promise<readonly Attempt[]>;
}

const BUYERS = 3;
const PAUSE_MS = 1_000;
let users = 0;

/** Buyers who buy one unit after the other until the test stops them. */
export function startBuyers(shopUrl: string, sku: string): Buyers {
  const attempts: Attempt[] = [];
  let stopping = false;

  async function buyer(): Promise<void> {
    while (!stopping) {
      // Each order has its own user id, since the open orders of a user are limited.
      users++;
      attempts.push(await buyOnce(shopUrl, sku, users, randomUUID()));
      await sleep(PAUSE_MS);
    }
  }
  const buyers = Promise.all(Array.from({ length: BUYERS }, buyer));

  return {
    attempts,
    async waitFor(what, fit, more = 1) {
      const before = attempts.filter(fit).length;
      const seen = until(
        what,
        async () => attempts.filter(fit).length,
        (now) => now >= before + more,
      );
      // A buyer whose request failed ends the wait with its error.
      await Promise.race([seen, buyers]);
      await seen;
    },
    async stop() {
      stopping = true;
      await buyers;
      return attempts;
    },
  };
}

export const sold = ({ status }: Attempt): boolean => status === 201;

export const orderIdsOf = (attempts: readonly Attempt[]): string[] =>
  attempts.filter(sold).map(({ body }) => body.orderId);

/** Waits until each of these orders has been written by its workflow. */
export async function allRecorded(pool: Pool, orderIds: readonly string[]): Promise<void> {
  await until(
    `${orderIds.length} orders to be recorded`,
    async () => {
      const [rows] = await pool.query<(RowDataPacket & { n: number })[]>(
        'SELECT COUNT(*) AS n FROM orders WHERE order_id IN (?)',
        [orderIds],
      );
      return rows[0]?.n;
    },
    (recorded) => recorded === orderIds.length,
  );
}
