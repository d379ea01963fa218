import { auditDatabase } from '../src/db/audit/audit.js';
import { createOutbox } from '../src/db/checkouts/outbox.js';
import { createPool } from '../src/db/driver/pool.js';
import { migrate } from '../src/db/migrate.js';
import { createExpirySweep, OVERDUE_MS } from '../src/db/orders/expiry-sweep.js';
import { countOverdue, ordersInTime, type Position } from '../src/db/orders/open-orders.js';
import { countOwedRefunds } from '../src/db/payments/owed-refunds.js';
import { unfinishedPayments } from '../src/db/payments/unfinished-payments.js';
import { addProducts } from '../src/db/products.js';
import { loadOrders } from './load-orders.js';

/**
 * Times the queries of the sweeps and of the audit in a shop of a given size:
 *
 *   node dist/bench/size.js mysql://root@127.0.0.1:3310/size 5000000 100000
 *
 * An empty database is filled with so many closed and open orders first. A database with orders is measured as it is.
 */
const [url = '', closed = '500000', open = '10000'] = process.argv.slice(2);
const pool = createPool({ url, size: 4 });
const say = (line: string) => void process.stdout.write(`${line}\n`);
const log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: say.bind(undefined, 'error'),
};

async function timed(what: string, work: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  const answer = await work();
  say(`${what}: ${Math.round(performance.now() - start)} ms${typeof answer === 'number' ? ` (${answer})` : ''}`);
}

async function walk(): Promise<number> {
  let orders = 0;
  for (let after: Position | undefined; ; ) {
    const slice = await ordersInTime(pool, { minAgeMs: 15_000, after, limit: 1_000 });
    orders += slice.length;
    after = slice.at(-1);
    if (after === undefined) return orders;
  }
}

await migrate(pool);
if (
  (await addProducts(pool, [{ sku: 'mug', name: 'mug', unitPrice: 1250, currency: 'EUR', stock: 100_000_000 }])) > 0
) {
  const progress = (orders: number) => void (orders % 100_000 === 0 && say(`${orders} orders loaded`));
  await timed('load', () => loadOrders(pool, { sku: 'mug', closed: Number(closed), open: Number(open), progress }));
}
const sweep = createExpirySweep({ pool, byMs: OVERDUE_MS, now: Date.now, log });
for (let turn = 1; turn <= 3; turn++) {
  await timed('overdue orders: a turn of the sweep', () => sweep());
  await timed('overdue orders: the figure', () => countOverdue(pool, { byMs: OVERDUE_MS }));
  await timed('open orders: a slice of a thousand', () => ordersInTime(pool, { minAgeMs: 15_000, limit: 1_000 }));
  await timed('open orders: all slices', walk);
  await timed('outbox', () => createOutbox(pool).unpublished({ minAgeMs: 0, limit: 1_000 }));
  await timed('payments', () => unfinishedPayments(pool, 'received', { minAgeMs: 0, limit: 1_000 }));
  await timed('refunds', () => unfinishedPayments(pool, 'refund_required', { minAgeMs: 0, limit: 1_000 }));
  await timed('refunds owed', () => countOwedRefunds(pool));
}
await timed(
  'the audit of the database',
  async () => (await auditDatabase(pool, 30, { progress: (looked) => say(JSON.stringify(looked)) })).length,
);
await pool.end();
