import { setTimeout as sleep } from 'node:timers/promises';
import { archiveOrders, type Ended, endedPages } from '../db/archive/archive-orders.js';
import { restoreOrder } from '../db/archive/restore-order.js';
import type { Pool } from '../db/driver/pool.js';
import { isUnavailable, messageOf } from '../domain/errors.js';
import { CommandError } from './command-error.js';
import { counted } from './counted.js';
import { startProgress } from './progress.js';

interface Output {
  readonly json: boolean;
  readonly dryRun: boolean;
  readonly say: (line: string) => void;
  readonly toStderr: (line: string) => void;
}

const AGAIN = 'Run the same command again: it goes on with the orders that are left.';
/** Orders of one transaction. Few, so that their rows are locked for some tens of milliseconds. A rule of thumb. */
const BATCH = 100;

interface Tally {
  archived: number;
  /** Orders that were archived with another one, before their own turn. */
  readonly early: Set<string>;
  /** The orders that ended before the given time and stay, by the reason. */
  readonly stay: Map<string, number>;
}

/**
 * Archives the orders that ended before a time and have nothing left to do. Each batch is a transaction of its own, so
 * that the command may be interrupted anywhere. It pauses after each batch for as long as the batch took: customers have
 * at least half of the server.
 *
 * @throws {CommandError} at an outage, naming how many orders were archived before
 */
export async function archiveCommand(pool: Pool, before: Date, output: Output): Promise<void> {
  const progress = startProgress(output.toStderr, { again: AGAIN });
  const tally: Tally = { archived: 0, early: new Set(), stay: new Map() };
  try {
    for await (const page of endedPages(pool, before)) {
      await archivePage(pool, page, { before, tally, dryRun: output.dryRun });
      progress.become(`${counted(tally.archived, 'order')} ${output.dryRun ? 'found' : 'archived'}`);
    }
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    throw new CommandError(`${messageOf(error)}\n${counted(tally.archived, 'order')} archived so far. ${AGAIN}`, {
      cause: error,
    });
  } finally {
    progress.stop();
  }
  print(tally, before, output);
}

async function archivePage(
  pool: Pool,
  page: readonly Ended[],
  { before, tally, dryRun }: { readonly before: Date; readonly tally: Tally; readonly dryRun: boolean },
): Promise<void> {
  for (const { stays } of page) if (stays !== null) note(tally, stays, 1);
  const ready = page.flatMap(({ orderId, stays }) => (stays === null ? [orderId] : []));
  if (dryRun) {
    tally.archived += ready.length;
    return;
  }
  for (let at = 0; at < ready.length; at += BATCH) {
    const batch = ready.slice(at, at + BATCH).filter((orderId) => !tally.early.has(orderId));
    if (batch.length === 0) continue;
    const since = performance.now();
    const moved = await archiveOrders(pool, batch, before);
    tally.archived += moved.length;
    for (const orderId of moved) if (!batch.includes(orderId)) tally.early.add(orderId);
    const left = batch.filter((orderId) => !moved.includes(orderId)).length;
    if (left > 0) note(tally, 'another process holds or has changed it', left);
    await sleep(performance.now() - since);
  }
}

function note({ stay }: Tally, why: string, orders: number): void {
  stay.set(why, (stay.get(why) ?? 0) + orders);
}

function print({ archived, stay }: Tally, before: Date, { json, dryRun, say }: Output): void {
  if (json) {
    say(JSON.stringify({ before, dryRun, archived, stay: Object.fromEntries(stay) }, null, 2));
    return;
  }
  if (dryRun) say('A dry run: nothing was changed.');
  say(
    `${counted(archived, 'order')} ${dryRun ? 'would be archived' : 'archived'}, ended before ${before.toISOString()}.`,
  );
  for (const [why, orders] of stay) say(`${counted(orders, 'order')} ${orders === 1 ? 'stays' : 'stay'}: ${why}.`);
}

/** @returns false when the order is not archived */
export async function restoreCommand(pool: Pool, orderId: string, { json, dryRun, say }: Output): Promise<boolean> {
  const found = await restoreOrder(pool, orderId, { dryRun });
  const done = dryRun ? 'would be brought back' : 'is brought back from the archive';
  if (json) say(JSON.stringify({ orderId, dryRun, restored: found }, null, 2));
  else
    say(
      found
        ? `order ${orderId} ${done}.`
        : `order ${orderId} is not in the archive. To look for it: orders show ${orderId}`,
    );
  return found;
}
