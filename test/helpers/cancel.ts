import { until } from '../../src/cli/story/until.js';

/** Repeats a cancel until the order is canceled, as a client does: the API answers 503 when the database is too slow. */
export const carriedOut = <A extends { readonly status: number }>(cancel: () => Promise<A>): Promise<A> =>
  until('the cancel to be carried out', cancel, ({ status }) => status !== 503);
