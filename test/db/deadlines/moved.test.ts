import test from 'ava';
import { forgetMove, movedDeadlines } from '../../../src/db/deadlines/moved.js';
import { moveDeadline } from '../../../src/db/deadlines/moves.js';
import { beginRun } from '../../../src/db/deadlines/runs.js';
import { placeOrder, shopDatabase, WINDOW_MS } from '../../helpers/database.js';

/** What the workflows have to hear of moved deadlines, and which command goes on. */

const soon = { minAgeMs: 0, limit: 10 };

test('a moved deadline waits for its report, and a later move is not forgotten with the first one', async (t) => {
  const { pool } = await shopDatabase(t);
  const [order, other] = [await placeOrder(pool), await placeOrder(pool)];
  const move = async ({ orderId, expiresAt }: typeof order, ms: number) => {
    const to = new Date(expiresAt.getTime() + ms);
    await moveDeadline(pool, orderId, { to, by: 'operator' }, 2 * WINDOW_MS);
    return { orderId, expiresAt: to };
  };
  const [first, second] = [await move(order, 1_000), await move(other, 1_000)];
  t.like(await movedDeadlines(pool, soon), [first, second]);
  t.deepEqual(await movedDeadlines(pool, { minAgeMs: 60_000, limit: 10 }), []);
  const [page] = await movedDeadlines(pool, { minAgeMs: 0, limit: 1 });
  t.like(await movedDeadlines(pool, { ...soon, after: page }), [second]);
  const again = await move(order, 2_000);
  await forgetMove(pool, first);
  t.like(await movedDeadlines(pool, soon), [second, again]);
  await forgetMove(pool, again);
  t.like(await movedDeadlines(pool, soon), [second]);
});

test('a command goes on with its run until the run has ended, for a day', async (t) => {
  const { pool } = await shopDatabase(t);
  const first = await beginRun(pool, 'extend all');
  t.is(first.interruptedSince, undefined);
  const again = await beginRun(pool, 'extend all');
  t.is(again.runId, first.runId);
  t.true(again.interruptedSince instanceof Date);
  t.not((await beginRun(pool, 'extend others')).runId, first.runId);
  await again.end();
  const next = await beginRun(pool, 'extend all');
  t.not(next.runId, first.runId);
  t.is(next.interruptedSince, undefined);
  await first.end();
  t.is((await beginRun(pool, 'extend all')).runId, next.runId, 'a run that ended before ends no other run');
  await pool.query('UPDATE bulk_runs SET begun_at = begun_at - INTERVAL 25 HOUR');
  t.not((await beginRun(pool, 'extend all')).runId, next.runId);
});
