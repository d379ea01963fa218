import type { Figure } from './figure.js';
import { short } from './report.js';

/**
 * The figures that are clearly worse than the least ratio: even the better rounds are below it.
 *
 * @returns a line for each
 */
export const regressions = (figures: readonly Figure[], floor: number): string[] =>
  figures
    .filter(({ between: [, better] }) => better < floor)
    .map(
      ({ name, between }) => `${name}: the ratio is ${between.map(short).join(' to ')}, at least ${floor} is expected`,
    );
