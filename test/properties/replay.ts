const { PROPERTY_SEED, PROPERTY_PATH: path } = process.env;

/** The seed of this run, printed by what fails; PROPERTY_SEED and PROPERTY_PATH play it again (docs/testing.md). */
export const seed = Number(PROPERTY_SEED ?? Math.trunc(Math.random() * 2 ** 31));
export { path };

/** For fast-check's assert, which prints both when a case fails. */
export const replayable = { seed, ...(path !== undefined && { path }), includeErrorInReport: true };
