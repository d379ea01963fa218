import type { Details, Figure, Measured } from './figure.js';
import { median, quantile } from './timing.js';

interface Comparison {
  readonly name: string;
  readonly unit: string;
  /** Whether a larger or a smaller figure is better. */
  readonly better: 'larger' | 'smaller';
  readonly rounds: number;
  /** The ratio that the project wants. */
  readonly goal?: number;
}

type Side = () => Promise<Measured>;

/**
 * Runs both sides `rounds` times, after one run of each that does not count. The side that runs first alternates, so
 * that neither side always meets the warmer servers.
 */
export async function compare(
  comparison: Comparison,
  sides: { readonly ours: Side; readonly baseline: Side },
): Promise<Figure> {
  const runs: { ours: Measured[]; baseline: Measured[] } = { ours: [], baseline: [] };
  for (let round = -1; round < comparison.rounds; round++) {
    const order = round % 2 === 0 ? (['ours', 'baseline'] as const) : (['baseline', 'ours'] as const);
    for (const side of order) {
      const measured = await sides[side]();
      if (round >= 0) runs[side].push(measured);
    }
  }
  return figureOf(comparison, runs);
}

/**
 * The rounds are compared in pairs: what slows the machine for some seconds slows both runs of a round.
 *
 * @param runs the runs of each side, in the order of their rounds
 */
export function figureOf(
  { name, unit, better, goal }: Omit<Comparison, 'rounds'>,
  runs: { readonly ours: readonly Measured[]; readonly baseline: readonly Measured[] },
): Figure {
  const ratios = runs.ours.map(({ value }, round) => {
    const other = runs.baseline[round]?.value ?? Number.NaN;
    return better === 'larger' ? value / other : other / value;
  });
  const between = [quantile(ratios, 0.25), quantile(ratios, 0.75)] as const;
  const ratio = median(ratios);
  return {
    name,
    unit,
    ours: median(runs.ours.map(({ value }) => value)),
    baseline: median(runs.baseline.map(({ value }) => value)),
    ratio: ratios.length > 1 && isLargerThanSpread(ratio, between) ? ratio : null,
    between,
    rounds: ratios.length,
    ...(goal !== undefined && { goal, met: ratios.length > 1 ? metBy(between, goal) : null }),
    details: { ours: mediansOf(runs.ours), baseline: mediansOf(runs.baseline) },
  };
}

/** A ratio of 2 and a ratio of one half are equally far from 1. */
const isLargerThanSpread = (ratio: number, [low, high]: Figure['between']): boolean =>
  Math.abs(Math.log(ratio)) > Math.log(high / low);

const metBy = ([low, high]: Figure['between'], goal: number): boolean | null =>
  low >= goal ? true : high < goal ? false : null;

function mediansOf(runs: readonly Measured[]): Details {
  const names = new Set(runs.flatMap(({ details }) => Object.keys(details ?? {})));
  return Object.fromEntries(
    [...names].map((name) => [name, median(runs.flatMap(({ details }) => details?.[name] ?? []))]),
  );
}
