/** The pauses double. Work that stays undone for a day is tried some 290 times. */
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 5 * 60_000;

/** The pauses of work that was tried and is not done yet, in this process alone. */
export interface GrowingPauses {
  /** Whether the pause after the last try of this key has not ended. */
  readonly isPaused: (key: string) => boolean;
  /** Begins the next pause of this key: 5 s at first, and at most 5 minutes. */
  readonly tried: (key: string) => void;
  /** Forgets all other keys. */
  readonly keepOnly: (keys: ReadonlySet<string>) => void;
}

/** @param options.now the time in milliseconds */
export function createGrowingPauses({ now }: { readonly now: () => number }): GrowingPauses {
  let pauses = new Map<string, { readonly pauseMs: number; readonly dueAt: number }>();
  return {
    isPaused: (key) => (pauses.get(key)?.dueAt ?? 0) > now(),
    tried(key) {
      const { pauseMs } = pauses.get(key) ?? { pauseMs: FIRST_PAUSE_MS / 2 };
      const longer = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      pauses.set(key, { pauseMs: longer, dueAt: now() + longer });
    },
    keepOnly(keys) {
      pauses = new Map([...pauses].filter(([key]) => keys.has(key)));
    },
  };
}
