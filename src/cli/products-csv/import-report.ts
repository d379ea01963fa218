import { counted } from '../counted.js';
import { inWords, type Problem } from './bad-csv.js';
import type { Tally } from './change-report.js';

/** How an import reports what it does. */
export interface Telling {
  readonly file: string;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly say: (line: string) => void;
}

export interface Summary extends Tally {
  readonly products: number;
  /** Products that existed, and whose `stock` was not asked to be a count. */
  readonly stocksIgnored: number;
  /** Products whose stock a count changed. */
  readonly counted: number;
  /** Counts that became impossible while the file was written. */
  readonly problems: readonly Problem[];
}

/** Prints the changes of a dry run one by one: a list of all of them would fill the memory. */
export function createChangeList({ dryRun, json, say }: Telling) {
  let listed = 0;
  return {
    add(change: object | string | undefined) {
      if (!dryRun || change === undefined) return;
      if (typeof change === 'string') say(`would ${change}`);
      else say(`${listed++ === 0 ? '{"changes": [\n' : ','}${JSON.stringify(change)}`);
    },
    end(summary: Summary) {
      if (json) {
        const rest = JSON.stringify({ dryRun, problemCount: summary.problems.length, ...summary }).slice(1);
        say(`${listed > 0 ? ']' : '{"changes": []'},\n${rest}`);
        return;
      }
      for (const line of summaryInWords(summary)) say(line);
      if (dryRun) say('This was a dry run: nothing was changed.');
    },
  };
}

function summaryInWords({ products, problems, stocksIgnored, ...tally }: Summary): string[] {
  const { created, changed, unchanged } = tally;
  return [
    ...problems.map(inWords),
    `${counted(products, 'product')}: ${created} created, ${changed} changed, ${unchanged} unchanged.`,
    ...(tally.counted > 0 ? [`The stock of ${counted(tally.counted, 'product')} was counted anew.`] : []),
    ...(stocksIgnored > 0
      ? [`The column stock was ignored for ${counted(stocksIgnored, 'product')} that existed already.`]
      : []),
  ];
}

/** Of a file that is not taken. @param problems the first ones */
export function reportProblems(
  { problems, problemCount }: { readonly problems: readonly Problem[]; readonly problemCount: number },
  { file, dryRun, json, say }: Telling,
): void {
  if (json) {
    say(JSON.stringify({ dryRun, changes: [], problems, problemCount }, null, 2));
    return;
  }
  for (const problem of problems) say(inWords(problem));
  const shown = problems.length < problemCount ? `, of which the first ${problems.length} are above` : '';
  say(`${counted(problemCount, 'problem')} in ${file === '-' ? 'the input' : file}${shown}. Nothing of it was taken.`);
}
