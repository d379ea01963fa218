import { styleText } from 'node:util';
import type { Mutant } from './mutant.js';

export const isNoticed = ({ noticedBy }: Mutant): boolean => noticedBy !== undefined;

/** The source file of the built file. The workflows' bundle has no source file. */
const sourceOf = ({ file }: Mutant): string => (file.includes('/') ? file.replace(/\.js$/, '.ts') : file);

export const guardLine = (mutant: Mutant): string =>
  isNoticed(mutant)
    ? `${styleText('green', '✔')} ${mutant.what}\n  ${styleText('dim', `red: ${mutant.noticedBy}`)}`
    : `${styleText('red', '✘')} ${mutant.what}\n  ${styleText('red', 'SURVIVED')}`;

/** One row for each file, then each mutant that no test noticed. */
export function table(mutants: readonly Mutant[]): string {
  const byFile = [...Map.groupBy(mutants, sourceOf)].sort(([a], [b]) => (a < b ? -1 : 1));
  const width = Math.max(...byFile.map(([file]) => file.length));
  const rows = byFile.map(([file, all]) => {
    const noticed = all.filter(isNoticed).length;
    const left = all.length - noticed;
    const counts = `${String(noticed).padStart(5)} of ${all.length}`;
    return `${file.padEnd(width)}${counts}${left === 0 ? '' : styleText('red', `, ${left} survived`)}`;
  });
  const survivors = mutants.filter((mutant) => !isNoticed(mutant));
  const lines = survivors.map((mutant) => `survived: ${sourceOf(mutant)}, ${mutant.what}`);
  return ['', ...rows, '', ...lines].join('\n');
}
