import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { createPool } from '../../src/db/driver/pool.js';
import { migrate } from '../../src/db/migrate.js';
import type { Checkout } from '../../src/domain/checkout.js';
import { inParallel } from '../../src/domain/in-parallel.js';
import type { SettlementCause } from '../../src/domain/settlement.js';
import { payFor } from '../../test/db/payment-events.js';
import type { textbookWorkflow } from '../baselines/textbook/workflow.js';
import { addStock, placeOrders } from '../place-orders.js';
import { startBaselineWorker } from './baseline-worker.js';
import { untilRecorded } from './recorded.js';
import { AT_ONCE, type Way } from './way.js';

/** Each consumer awaits the start of an order before it takes the next order. */
const CONSUMERS = 10;
/** Workflows whose steps are activities with default options, and whose activities are transactions of their own. */
export async function createTextbook(client: Client, env: NodeJS.ProcessEnv) {
  const taskQueue = `bench-${randomUUID()}`;
  const pool = createPool({ url: env['TEST_MYSQL_URL'] ?? '', size: 10, timeLimitMs: 120_000 });
  await migrate(pool);
  const skus = await addStock(pool, 'textbook', 1);
  const worker = await startBaselineWorker('textbook', env, taskQueue);
  let placed: Checkout[] = [];
  const idOf = ({ orderId }: Checkout) => `textbook:${orderId}`;
  const way: Way = {
    taskQueue,
    worker: worker.pid,
    async place(count) {
      placed = await placeOrders(pool, skus, count);
      await inParallel(placed, CONSUMERS, (checkout) =>
        client.workflow.start<typeof textbookWorkflow>('textbookWorkflow', {
          workflowId: idOf(checkout),
          taskQueue,
          args: [{ orderId: checkout.orderId, expiresAt: checkout.expiresAt.toISOString() }],
        }),
      );
      await untilRecorded(pool);
      return placed.map(idOf);
    },
    end: (end) =>
      inParallel(placed, AT_ONCE, async (checkout) => {
        const cause: SettlementCause =
          end === 'paid'
            ? { kind: 'payment', paymentId: await payFor(pool, checkout) }
            : { kind: 'cancel', reason: 'customer-request' };
        await client.workflow.getHandle(idOf(checkout)).signal('end', cause);
      }),
  };
  return { way, pool, close: () => Promise.all([worker.stop(), pool.end()]) };
}
