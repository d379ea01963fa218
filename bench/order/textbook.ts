import { randomUUID } from 'node:crypto';
import { createPool } from '../../src/db/driver/pool.js';
import { migrate } from '../../src/db/migrate.js';
import { addProducts } from '../../src/db/products.js';
import { createVhost } from '../../test/helpers/servers.js';
import { product } from '../../test/helpers/system.js';
import { forked } from '../harness/forked.js';
import { startBaselineWorker } from './baseline-worker.js';
import { createShopWay, SKU } from './shop.js';

/** A shop as the documentation of its parts has it: `bench/baselines/textbook`. */
export async function startTextbook(env: NodeJS.ProcessEnv) {
  const taskQueue = `bench-${randomUUID()}`;
  const pool = createPool({ url: env['TEST_MYSQL_URL'] ?? '', size: 10, timeLimitMs: 120_000 });
  await migrate(pool);
  await addProducts(pool, [product(SKU, 1_000_000)]);
  const broker = await createVhost();
  const worker = await startBaselineWorker('textbook', env, taskQueue);
  const shop = await forked(new URL('../baselines/textbook/shop.js', import.meta.url), [taskQueue], {
    ...env,
    TEST_AMQP_URL: broker.url,
  });
  const workflowIdOf = (orderId: string) => `textbook:${orderId}`;
  const way = createShopWay({ url: String(shop.ready), pool, taskQueue, worker: worker.pid, workflowIdOf });
  return {
    way,
    pool,
    async close(): Promise<void> {
      await Promise.all([shop.stop(), worker.stop(), pool.end()]);
      await broker.drop();
    },
  };
}
