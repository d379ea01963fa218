/** Work that fails for three days is tried some 300 times. */
const LONGEST_MS = 15 * 60_000;
const FIRST_MS = 2_000;

/**
 * The pause after the nth failure: twice as long each time, up to a quarter of an hour, and up to a fifth shorter or
 * longer, so that what failed at the same time is not tried again at the same time.
 *
 * @param random from 0 to 1
 */
export const retryPauseMs = (failures: number, random: number): number =>
  Math.round(Math.min(FIRST_MS * 2 ** Math.min(failures - 1, 30), LONGEST_MS) * (0.8 + 0.4 * random));

/** The longest pause that an endpoint may ask for. */
const LONGEST_ASKED_MS = 3_600_000;

/** What an endpoint asks for by `Retry-After`, within bounds; at least the pause that would be made without. */
export const askedPauseMs = (asked: number | undefined, pauseMs: number): number =>
  Math.max(Math.min(asked ?? 0, LONGEST_ASKED_MS), pauseMs);
