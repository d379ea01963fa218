import { setTimeout as sleep } from 'node:timers/promises';

/** The longest part of an answer in an error message, in characters: a longer part would hide what was awaited. */
const LONGEST_SEEN = 2_000;

/**
 * Repeats `ask` until its answer is good, and returns the answer. The long time-out is for slow machines.
 *
 * @throws after `timeoutMs`, naming what was awaited and the last answer
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T>,
  good: (answer: T) => boolean,
  timeoutMs = 5 * 60_000,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (let pause = 20; ; pause = Math.min(pause * 1.5, 500)) {
    const answer = await ask();
    if (good(answer)) return answer;
    if (Date.now() > end) {
      const seen = String(JSON.stringify(answer)).slice(0, LONGEST_SEEN);
      throw new Error(`waited ${timeoutMs} ms for ${what}; seen last: ${seen}`);
    }
    await sleep(pause);
  }
}
