import { createPool } from '../../src/db/pool.js';
import { settleOrder } from '../../src/db/settlement.js';
import { messageOf } from '../../src/domain/errors.js';
import type { SettlementCause } from '../../src/domain/settlement.js';

/** A process of its own that settles what it is told to, at once. */

export interface Heat {
  readonly orderId: string;
  readonly cause: SettlementCause;
}

export interface Finish {
  readonly orderId: string;
  readonly status: string;
}

const [, , url = '', size = '1'] = process.argv;
const pool = createPool({ url, size: Number(size) });
await Promise.all(Array.from({ length: Number(size) }, () => pool.query('SELECT 1')));

process.on('message', async ({ orderId, cause }: Heat) => {
  const status = await settleOrder(pool, orderId, cause).then(({ order }) => order.status, messageOf);
  process.send?.({ orderId, status } satisfies Finish);
});
process.once('disconnect', () => void pool.end());
process.send?.({ orderId: '', status: 'ready' } satisfies Finish);
