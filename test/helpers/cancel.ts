import { until } from '../../src/cli/story/until.js';

/**
 * Asks for a cancel until it is carried out, as a client does: one that takes longer than the API waits is answered
 * 202, one that Temporal is too slow for 503.
 */
export const carriedOut = <A extends { readonly status: number }>(cancel: () => Promise<A>): Promise<A> =>
  until('the cancel to be carried out', cancel, ({ status }) => status !== 202 && status !== 503);
