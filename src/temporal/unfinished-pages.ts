import { createGrowingPauses } from './growing-pauses.js';

/**
 * Reads unfinished work page by page, for a sweep. A turn handles one page, and the next turn continues behind the page,
 * so that work which stays unfinished for long does not hide the other work. Work that was tried and stays unfinished is
 * left out during growing pauses.
 *
 * @param deps.read returns a page of at most `pageSize` items, which begins behind the given item
 * @param deps.now the time in milliseconds
 * @returns runs `work` with the items that are due. When `work` rejects, the next turn reads the same page again
 */
export function createUnfinishedPages<T>(deps: {
  readonly read: (after?: T) => Promise<readonly T[]>;
  readonly pageSize: number;
  readonly keyOf: (item: T) => string;
  readonly now: () => number;
}): (work: (due: readonly T[], tried: (item: T) => void) => Promise<number>) => Promise<number> {
  const { keyOf } = deps;
  const pauses = createGrowingPauses(deps);
  let after: T | undefined;
  /** The unfinished items in the pages since the first page. */
  let open = new Set<string>();

  return async (work) => {
    const page = await deps.read(after);
    for (const item of page) open.add(keyOf(item));
    const due = page.filter((item) => !pauses.isPaused(keyOf(item)));
    const done = await work(due, (item) => pauses.tried(keyOf(item)));
    after = page.length < deps.pageSize ? undefined : page.at(-1);
    if (after === undefined) {
      pauses.keepOnly(open);
      open = new Set();
    }
    return done;
  };
}
