import { setTimeout as sleep } from 'node:timers/promises';

/** Of an answer in the message of an error: a log would bury what was waited for. */
const LONGEST_SEEN = 2_000;

/**
 * Asks until the answer is there, and returns it. The time is for a slow machine, not for a slow program.
 *
 * @throws after `timeoutMs`, saying what was waited for and what was seen last
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
