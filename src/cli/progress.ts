const EVERY_MS = 5_000;

export interface Progress {
  /** What is being done from now on. */
  readonly become: (line: string) => void;
  readonly stop: () => void;
}

/**
 * Reports every few seconds what is being done, and for how long the work lasts: also while a single step takes long. A
 * short work reports nothing.
 */
export function startProgress(note: (line: string) => void, everyMs = EVERY_MS): Progress {
  const since = performance.now();
  let doing: string | undefined;
  const timer = setInterval(() => {
    if (doing !== undefined) note(`${doing} (after ${Math.round((performance.now() - since) / 1_000)} s)`);
  }, everyMs);
  return {
    become(line) {
      doing = line;
    },
    stop: () => clearInterval(timer),
  };
}
