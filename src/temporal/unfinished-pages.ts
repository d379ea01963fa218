import { createGrowingPauses } from '../domain/growing-pauses.js';

/** The first pause of work that was tried and stays unfinished. A rule of thumb. */
const FIRST_PAUSE_MS = 5_000;
/** New work may fill each page for hours. Work that failed is then tried again, and the list of keys has an end. */
const MOST_PAGES = 1_000;

/**
 * Reads unfinished work page by page, for a sweep. A turn handles one page, and the next turn continues behind the page,
 * so that work which stays unfinished for long does not hide the other work. After the last page, or after a thousand
 * pages, the next turn reads the first page. Work that was tried and stays unfinished is left out during growing pauses.
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
  const pauses = createGrowingPauses({ firstMs: FIRST_PAUSE_MS, now: deps.now });
  let after: T | undefined;
  /** The unfinished items in the pages since the first page. */
  let open = new Set<string>();
  let pages = 0;

  return async (work) => {
    const page = await deps.read(after);
    for (const item of page) open.add(keyOf(item));
    const due = page.filter((item) => !pauses.isPaused(keyOf(item)));
    const done = await work(due, (item) => pauses.tried(keyOf(item)));
    const isLast = page.length < deps.pageSize || ++pages === MOST_PAGES;
    after = isLast ? undefined : page.at(-1);
    if (isLast) {
      pauses.keepOnly(open);
      open = new Set();
      pages = 0;
    }
    return done;
  };
}
