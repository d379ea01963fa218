import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { auditDatabase } from '../../src/db/audit/audit.js';
import type { Pool } from '../../src/db/driver/pool.js';
import { findPayment, storeEvent } from '../../src/db/payments/payments.js';
import type { Checkout } from '../../src/domain/checkout.js';
import { paymentEvent } from '../db/payment-events.js';
import { openPool, placeOrder, product, shopDatabase } from '../helpers/database.js';
import { checkOutcome, type Tally } from './life-outcome.js';
import { OTHERS_PAYMENT, type Played, placeLives, playLife, WrongLife } from './life-player.js';
import { type Life, life, SKUS } from './lives.js';
import { path, seed } from './replay.js';

/**
 * Payments, cancels, timers, moved deadlines, refunds of paid orders, late sales, recordings, duplicates and late ones,
 * in every order and at once, against the real settlement on the real database. A small model returns the allowed
 * results. A failure prints the seed and the path. PROPERTY_SEED and PROPERTY_PATH play this life again
 * (docs/testing.md).
 */

const LIVES = 10_000;
const BATCH = 500;
const AT_ONCE = 12;

/** The ends that must happen often, because a run without them proves little. */
const ENDS = [
  'paid',
  'nothing-to-pay',
  'placed',
  'payment-window-expired',
  'customer-request',
  'legacy-timeout',
  'operator-request',
  'accepted',
  'received',
  'amount-mismatch',
  'order-canceled',
  'order-already-paid',
  'raced',
  'moved',
  'processed',
  'returned one',
  'returned all',
  'return refunded',
  'return failed',
  'sold late',
];

/** A shop with stock for every life, a payment that belongs to another order, and the pools of three processes. */
async function openShop(t: ExecutionContext): Promise<{ pool: Pool; pools: readonly Pool[] }> {
  const stock = 10 * LIVES;
  const { pool, url } = await shopDatabase(
    t,
    [...SKUS, 'other'].map((sku) => product({ sku, stock })),
  );
  const { orderId } = await placeOrder(pool, { lines: [{ sku: 'other', quantity: 1 }] });
  await storeEvent(pool, paymentEvent({ orderId, paymentId: OTHERS_PAYMENT }));
  return { pool, pools: [0, 1, 2].map(() => openPool(t, url, 8)) };
}

/** Plays lives, several at a time, and checks the result of each. */
async function playAll(pools: readonly Pool[], lives: readonly Life[], tally: Tally): Promise<void> {
  const [pool] = pools;
  if (pool === undefined) throw new Error('no pool');
  const checkouts = await placeLives(pool, lives);
  const played: Played[] = [];
  const waiting = lives.values();
  const player = async (): Promise<void> => {
    for (const next of waiting) played.push(await playLife(pools, next, checkouts.get(next) as Checkout));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, player));
  await checkOutcome(pool, played, tally);
}

/** Plays the life alone, and lets fast-check make it smaller. The report has the seed and the path. */
async function playAlone(pools: readonly Pool[], at: string): Promise<string | null> {
  const alone = fc.asyncProperty(life, (failed) => playAll(pools, [failed], new Map()));
  const details = await fc.check(alone, { seed, path: at, numRuns: 1 });
  return details.failed
    ? `seed ${seed}, path ${details.counterexamplePath}\n${fc.defaultReportMessage(details)}`
    : null;
}

if (path !== undefined) {
  test(`the life of seed ${seed}, path ${path}, ends as the model allows`, async (t) => {
    const { pools } = await openShop(t);
    t.is(await playAlone(pools, String(path)), null);
  });
} else {
  test(`${LIVES} interleavings end as the model allows, each order once`, async (t) => {
    t.log(`PROPERTY_SEED=${seed}`);
    const { pool, pools } = await openShop(t);
    const lives = fc.sample(life, { seed, numRuns: LIVES });
    const tally: Tally = new Map();
    let played = 0;
    for (let from = 0; from < lives.length; from += BATCH) {
      const batch = lives.slice(from, from + BATCH);
      try {
        await playAll(pools, batch, tally);
      } catch (error) {
        if (!(error instanceof WrongLife)) throw error;
        const at = from + batch.indexOf(error.life);
        const alone = await playAlone(pools, String(at));
        t.log(`PROPERTY_SEED=${seed} PROPERTY_PATH=${at}`);
        t.log(alone ?? 'Played alone it is right: it takes the others beside it, or the moment.');
        throw error;
      }
      played += batch.length;
    }
    t.log(
      [...tally]
        .sort()
        .map(([what, times]) => `${what} ${times}`)
        .join(', '),
    );
    t.is(played, LIVES);
    for (const what of ENDS) t.true((tally.get(what) ?? 0) >= played / 200, `${what} came ${tally.get(what)} times`);
    t.deepEqual(await auditDatabase(pool, 3_600), []);
    t.like(await findPayment(pool, OTHERS_PAYMENT), { status: 'received' });
  });
}
