/** Work that stays undone for a day is tried some 290 times. */
const LONGEST_PAUSE_MS = 5 * 60_000;

/** The pauses of work that was tried and is not done yet, in this process alone. */
export interface GrowingPauses {
  /** Whether this key was tried and is not done. */
  readonly wasTried: (key: string) => boolean;
  /** Whether the pause after the last try of this key has not ended. */
  readonly isPaused: (key: string) => boolean;
  /** Begins the next pause of this key. */
  readonly tried: (key: string) => void;
  readonly done: (key: string) => void;
  /** Forgets all other keys. */
  readonly keepOnly: (keys: ReadonlySet<string>) => void;
}

/**
 * @param options.firstMs the first pause; each next pause is twice as long, up to five minutes
 * @param options.now the time in milliseconds
 */
export function createGrowingPauses({
  firstMs,
  now,
}: {
  readonly firstMs: number;
  readonly now: () => number;
}): GrowingPauses {
  let pauses = new Map<string, { readonly pauseMs: number; readonly dueAt: number }>();
  return {
    wasTried: (key) => pauses.has(key),
    isPaused: (key) => (pauses.get(key)?.dueAt ?? 0) > now(),
    tried(key) {
      const { pauseMs } = pauses.get(key) ?? { pauseMs: firstMs / 2 };
      const longer = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      pauses.set(key, { pauseMs: longer, dueAt: now() + longer });
    },
    done: (key) => void pauses.delete(key),
    keepOnly(keys) {
      pauses = new Map([...pauses].filter(([key]) => keys.has(key)));
    },
  };
}
