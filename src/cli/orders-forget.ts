import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from '../db/driver/pool.js';
import { countOverwritten, forgetOrders } from '../db/forget/forget-orders.js';
import { type Asked, countOrders, pagesToForget, type Whose } from '../db/forget/orders-to-forget.js';
import type { Counts } from '../db/forget/overwrite.js';
import { isUnavailable, messageOf } from '../domain/errors.js';
import { CommandError } from './command-error.js';
import { counted } from './counted.js';
import { type Progress, startProgress } from './progress.js';

export interface ForgetOptions {
  readonly json: boolean;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly ask: ((question: string) => Promise<boolean>) | undefined;
  readonly say: (line: string) => void;
  readonly toStderr: (line: string) => void;
}

/** What is not in the database. */
export interface Elsewhere {
  readonly deadLetters: () => Promise<number>;
  readonly workflows: (done: (orders: number) => void) => Promise<{ readonly deleted: number; readonly left: number }>;
}

const AGAIN = 'Run the same command again: it goes on with what is left.';
/** Orders of one transaction. Few, so that their rows are locked for some tens of milliseconds. A rule of thumb. */
const BATCH = 100;

interface Tally {
  readonly counts: Counts;
  /** The orders that stay, by the reason. */
  readonly stay: Map<string, number>;
  forgotten: number;
  deadLetters: number;
  workflows: { readonly deleted: number; readonly left: number };
}

/**
 * Overwrites the personal data of a customer, or of single orders. Each batch is a transaction of its own, and what has to
 * be deleted elsewhere is noted in it: the command may be interrupted anywhere. It pauses after each batch for as long as
 * the batch took: customers have at least half of the server.
 *
 * @returns whether nothing of them is left
 * @throws {CommandError} when the command is not confirmed, or at an outage
 */
export async function forgetCommand(
  pool: Pool,
  whose: Whose,
  elsewhere: Elsewhere,
  options: ForgetOptions,
): Promise<boolean> {
  if (!options.dryRun && !options.yes) await confirm(pool, whose, options);
  const tally: Tally = {
    counts: new Map(),
    stay: new Map(),
    forgotten: 0,
    deadLetters: 0,
    workflows: { deleted: 0, left: 0 },
  };
  const progress = startProgress(options.toStderr, { again: AGAIN });
  try {
    const seen = await inDatabase(pool, whose, { tally, progress, dryRun: options.dryRun });
    if ('orderIds' in whose) {
      const unknown = whose.orderIds.filter((orderId) => !seen.has(orderId)).length;
      if (unknown > 0) note(tally, 'there is no such order', unknown);
    }
    if (!options.dryRun) {
      tally.deadLetters = await elsewhere.deadLetters();
      tally.workflows = await elsewhere.workflows((orders) =>
        progress.become(`the workflows of ${counted(orders, 'order')} deleted`),
      );
    }
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    throw new CommandError(`${messageOf(error)}\n${counted(tally.forgotten, 'order')} forgotten so far. ${AGAIN}`, {
      cause: error,
    });
  } finally {
    progress.stop();
  }
  print(tally, options);
  return tally.stay.size === 0 && tally.workflows.left === 0;
}

async function confirm(pool: Pool, whose: Whose, { ask }: ForgetOptions): Promise<void> {
  const orders = 'orderIds' in whose ? whose.orderIds.length : await countOrders(pool, whose.customer);
  const of = 'orderIds' in whose ? '' : ` of customer ${whose.customer}`;
  const what = `forget the personal data in ${counted(orders, 'order')}${of}`;
  if (ask === undefined) throw new CommandError(`To ${what}, add --yes. To see what this overwrites, add --dry-run.`);
  if (!(await ask(`${what}? This cannot be undone. [y/N] `))) throw new CommandError('Nothing was changed.');
}

async function inDatabase(
  pool: Pool,
  whose: Whose,
  { tally, progress, dryRun }: { readonly tally: Tally; readonly progress: Progress; readonly dryRun: boolean },
): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  for await (const page of pagesToForget(pool, whose, BATCH)) {
    const since = performance.now();
    for (const { orderId } of page) seen.add(orderId);
    const ready = readyIn(page, tally);
    if (dryRun) await countOverwritten(pool, ready, tally.counts);
    const done = dryRun ? ready : await forgetOrders(pool, ready, tally.counts);
    tally.forgotten += done.length;
    if (done.length < ready.length) note(tally, 'another process holds or has changed it', ready.length - done.length);
    progress.become(`${counted(tally.forgotten, 'order')} ${dryRun ? 'found' : 'forgotten'}`);
    await sleep(performance.now() - since);
  }
  return seen;
}

function readyIn(page: readonly Asked[], tally: Tally): string[] {
  for (const { stays } of page) if (stays !== null) note(tally, stays, 1);
  return page.flatMap(({ orderId, stays }) => (stays === null ? [orderId] : []));
}

function note({ stay }: Tally, why: string, orders: number): void {
  stay.set(why, (stay.get(why) ?? 0) + orders);
}

function print(tally: Tally, { json, dryRun, say }: ForgetOptions): void {
  const { forgotten, counts, stay, deadLetters, workflows } = tally;
  const rows = [...counts].toSorted(([one], [other]) => (one < other ? -1 : 1));
  if (json) {
    const elsewhere = dryRun ? {} : { deadLetters, workflows };
    const lists = { rows: Object.fromEntries(rows), stay: Object.fromEntries(stay) };
    say(JSON.stringify({ dryRun, forgotten, ...lists, ...elsewhere }, null, 2));
    return;
  }
  if (dryRun) say('A dry run: nothing was changed.');
  say(`${counted(forgotten, 'order')} ${dryRun ? 'would be forgotten' : 'forgotten'}.`);
  for (const [table, count] of rows) say(`  ${table}: ${counted(count, 'row')}`);
  for (const [why, orders] of stay) say(`${counted(orders, 'order')} ${orders === 1 ? 'stays' : 'stay'}: ${why}.`);
  if (dryRun) {
    say('The workflows of these orders in Temporal, and their dead letters, would be deleted.');
    return;
  }
  say(
    `${counted(deadLetters, 'dead letter')} removed. Temporal: the workflows of ${counted(workflows.deleted, 'order')} deleted.`,
  );
  if (workflows.left > 0) say(`${counted(workflows.left, 'order')} with a workflow that still runs. ${AGAIN}`);
}
