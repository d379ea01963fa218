import { isUnavailable, messageOf } from '../domain/errors.js';
import { inParallel } from '../domain/in-parallel.js';
import type { Log } from '../domain/log.js';
import type { Started } from './money-workflows.js';
import { createUnfinishedPages } from './unfinished-pages.js';

/** Starts under way at the same time. A rule of thumb. */
const AT_ONCE = 10;

/**
 * Starts a workflow for each thing that is owed by the database: a new one, one that a person has asked for again, and one
 * whose workflow was lost. A workflow that runs already is left alone. What stays owed is started again after growing
 * pauses. An outage ends the turn.
 *
 * @param deps.what names such a thing, for the log
 * @param deps.keyOf has the attempt: what a person has asked for again is started without the pause of its first start
 * @param deps.read returns a page of at most `pageSize` things, which begins behind the given one
 * @returns a turn of the sweep, which returns how many workflows it started
 */
export function createOwedStarts<T extends object>(deps: {
  readonly what: string;
  readonly keyOf: (owed: T) => string;
  readonly read: (after?: T) => Promise<readonly T[]>;
  readonly pageSize: number;
  readonly start: (owed: T) => Promise<Started>;
  readonly now: () => number;
  readonly log: Log;
}): (signal?: AbortSignal) => Promise<number> {
  const { what, keyOf, log } = deps;
  const turn = createUnfinishedPages(deps);

  async function start(owed: T): Promise<boolean> {
    try {
      return (await deps.start(owed)) === 'started';
    } catch (error) {
      if (isUnavailable(error)) throw error;
      log.error({ what, key: keyOf(owed), reason: messageOf(error) }, 'a workflow that is owed is not started');
      return false;
    }
  }

  return (signal) =>
    turn(async (due, tried) => {
      const starts = await inParallel(due, AT_ONCE, async (owed) => {
        if (signal?.aborted) return false;
        const isStarted = await start(owed);
        tried(owed);
        return isStarted;
      });
      return starts.filter(Boolean).length;
    });
}
