const { PROPERTY_SEED, PROPERTY_PATH: path } = process.env;

/**
 * The seed of this run. A failure prints the seed, and PROPERTY_SEED and PROPERTY_PATH repeat the run
 * (docs/testing.md).
 */
export const seed = Number(PROPERTY_SEED ?? Math.trunc(Math.random() * 2 ** 31));
export { path };

/** Options for fast-check's assert, which prints the seed and the path when a case fails. */
export const replayable = { seed, ...(path !== undefined && { path }), includeErrorInReport: true };
