import { until } from '../src/cli/story/until.js';
import { product, startSystem } from '../test/helpers/system.js';
import { audited } from './harness/audited.js';
import type { LoadResult } from './harness/http-load.js';

/**
 * The API with its database and its broker. Bridge and worker are stopped: a queue is between them and the checkout.
 */
export async function startCheckouts(skus: readonly string[], api: NodeJS.ProcessEnv = {}) {
  const system = await startSystem(
    skus.map((sku) => product(sku, 10_000_000)),
    // A limit that no run reaches, so that each request is counted as in production.
    { LOG_LEVEL: 'info', RATE_LIMIT: '100000000' },
  );
  await Promise.all([system.stop('bridge'), system.stop('worker'), system.stop('api')]);
  const apiStartedAt = Date.now();
  await system.start('api', { env: api });
  let accepted = 0;

  const pending = async (): Promise<number> => {
    const text = await (await fetch(`${system.shopUrl}/metrics`)).text();
    return Number(/^orders_publishes_pending\S* (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
  };

  return {
    ...system,
    url: system.shopUrl,
    /** By `Date.now()`. */
    apiStartedAt,
    count({ answers }: LoadResult): void {
      accepted += answers['201'] ?? 0;
    },
    /** Resolves when the broker has confirmed the messages of all checkouts. */
    published: () => until('each message is confirmed', pending, (count) => count === 0),
    /** @throws when a checkout that was answered 201 is not stored, or an invariant is broken */
    async auditDatabase(): Promise<void> {
      const [rows] = await system.pool.query('SELECT COUNT(*) AS n FROM checkouts');
      const [{ n }] = rows as [{ n: number }];
      if (n !== accepted) throw new Error(`${accepted} checkouts were accepted, ${n} are stored`);
      await audited(system.pool);
    },
  };
}
