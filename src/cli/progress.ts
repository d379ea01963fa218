/** A rule of thumb: a person who sees no line for longer takes the command for stuck. */
const EVERY_MS = 5_000;

export interface Progress {
  /** Sets the work to report from now on. */
  readonly become: (line: string) => void;
  readonly stop: () => void;
}

/**
 * Reports the current work and its duration every few seconds, also while a single step takes long. Short work reports
 * nothing.
 */
export function startProgress(say: (line: string) => void, everyMs = EVERY_MS): Progress {
  const since = performance.now();
  let doing: string | undefined;
  const timer = setInterval(() => {
    if (doing !== undefined) say(`${doing} (after ${Math.round((performance.now() - since) / 1_000)} s)`);
  }, everyMs);
  return {
    become(line) {
      doing = line;
    },
    stop: () => clearInterval(timer),
  };
}
