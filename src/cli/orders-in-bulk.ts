import { isLockWait } from '../db/driver/connection-errors.js';
import type { Pool } from '../db/driver/pool.js';
import { isUnavailable, messageOf } from '../domain/errors.js';
import { inParallel } from '../domain/in-parallel.js';
import type { OrderFilters } from '../domain/order-filters.js';
import type { BulkChange, BulkOptions } from './bulk-change.js';
import { openAmong, previewIds } from './bulk-ids.js';
import { note, type Outcome, summary, type Tally } from './bulk-tally.js';
import { CommandError } from './command-error.js';
import { counted } from './counted.js';
import { orderPages } from './order-pages.js';
import { selectedInWords, selectOrders } from './order-selection.js';
import { startProgress } from './progress.js';

const AGAIN = 'Run the same command again: it goes on with the orders that are left.';
/** As many as share one transaction. */
const AT_ONCE = 200;

/**
 * Changes open orders: those with the given ids, or those of a selection. Each order is decided by itself, so a command
 * that was interrupted is run again and goes on with the orders that are still open.
 *
 * @returns whether each order was changed, or needed no change
 * @throws {CommandError} at an outage, naming how many orders were changed before
 */
export async function changeInBulk(
  pool: Pool,
  selected: { readonly ids: readonly string[] } | { readonly filters: OrderFilters },
  change: BulkChange,
  options: BulkOptions,
): Promise<boolean> {
  const tally: Tally = { done: 0, skipped: 0, refused: [] };
  if ('ids' in selected) {
    const ids = [...new Set(selected.ids)];
    if (options.dryRun) return await previewIds(pool, ids, change, options);
    await run(change, {
      pages: openAmong(pool, ids, { tally, canceledIs: change.canceledIs, options }),
      total: ids.length,
      tally,
      options,
    });
    return summary(change, tally, options);
  }
  const filters = { ...selected.filters, status: 'placed' as const };
  const selection = await selectOrders(pool, filters, change);
  if (options.dryRun) return selectedInWords(selection, change, options);
  if (selection.count > 0 && !options.yes) await confirm(selection, change, options);
  const pages = idPages(orderPages(pool, filters, { upTo: selection.newest }));
  if (selection.count > 0) await run(change, { pages, total: selection.count, tally, options });
  return summary(change, tally, options);
}

async function confirm(
  selection: { readonly count: number },
  { verb }: BulkChange,
  { ask }: BulkOptions,
): Promise<void> {
  const what = `${verb} ${counted(selection.count, 'open order')}`;
  if (ask === undefined) throw new CommandError(`To ${what}, add --yes. To see them first, add --dry-run.`);
  if (!(await ask(`${what}? [y/N] `))) throw new CommandError('Nothing was changed.');
}

async function* idPages(pages: AsyncIterable<readonly { readonly orderId: string }[]>) {
  for await (const orders of pages) yield orders.map(({ orderId }) => orderId);
}

interface Work {
  readonly pages: AsyncIterable<readonly string[]>;
  readonly total: number;
  readonly tally: Tally;
  readonly options: BulkOptions;
}

async function run({ change, done }: BulkChange, { pages, total, tally, options }: Work): Promise<void> {
  const progress = startProgress(options.toStderr, { again: AGAIN });
  const say = options.json ? () => undefined : options.say;
  try {
    for await (const page of pages) {
      await inParallel(page, AT_ONCE, async (orderId) => {
        note(tally, orderId, await attempt(change, orderId), say);
        progress.become(`${tally.done} of ${counted(total, 'order')} ${done}`);
      });
    }
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    throw new CommandError(`${messageOf(error)}\n${counted(tally.done, 'order')} ${done} so far. ${AGAIN}`, {
      cause: error,
    });
  } finally {
    progress.stop();
  }
}

/** An order whose stock another transaction holds stops no other order. */
async function attempt(change: BulkChange['change'], orderId: string): Promise<Outcome> {
  try {
    return await change(orderId);
  } catch (error) {
    if (isUnavailable(error) && !isLockWait(error)) throw error;
    return { kind: 'refused', why: messageOf(error) };
  }
}
