/** @returns how many of `count` were done in a second */
export async function perSecond(count: number, work: () => Promise<unknown>): Promise<number> {
  return (count * 1_000) / (await timed(work));
}

/** @returns milliseconds */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await work();
  return performance.now() - since;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The value that `share` of the values do not exceed. @param share between 0 and 1 */
export const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)] ?? Number.NaN;
