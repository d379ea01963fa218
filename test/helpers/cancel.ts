import { until } from '../../src/cli/story/until.js';

/**
 * Repeats a cancel until it is carried out, as a client does. The API answers 202 when the cancel takes longer than the
 * API waits, and 503 when Temporal is too slow.
 */
export const carriedOut = <A extends { readonly status: number }>(cancel: () => Promise<A>): Promise<A> =>
  until('the cancel to be carried out', cancel, ({ status }) => status !== 202 && status !== 503);
