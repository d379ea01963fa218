import { type Servers, say, withServers } from '../with-servers.js';
import { copyBuild } from './build-copy.js';
import { guardedFiles } from './guards/index.js';
import type { Mutant } from './mutant.js';
import { guardLine, isNoticed, table } from './report.js';
import { checkGuards, tryGuards } from './try-guards.js';
import { type Rules, tryRules } from './try-rules.js';

/**
 * `npm run mutation`: changes the code so that a test must fail, and ends with the share of changes that a test noticed.
 * First each guard is removed, one at a time. Then Stryker changes every expression of the rules. Arguments are words:
 * only files whose names contain one of these words are changed.
 */

const COPIES = 2;
const WANTED = 90;

const rules: readonly Rules[] = [
  { mutate: 'src/domain/*.js', tests: ['domain/*.test.js'] },
  { mutate: 'src/db/orders/settlement.js', tests: ['db/settlement.test.js', 'db/settlement-guards.test.js'] },
];

const words = process.argv.slice(2);
const chosen = (name: string): boolean => words.length === 0 || words.some((word) => name.includes(word));

async function mutate(servers: Servers): Promise<Mutant[]> {
  const copies = Array.from({ length: COPIES }, (_, index) => copyBuild(servers, `copy-${index}`));
  const [first] = copies as [(typeof copies)[number]];
  const files = guardedFiles.filter(({ file }) => chosen(file));
  say('Running the tests of the guards with every guard in its place …');
  await checkGuards(copies, files);
  const mutants = await tryGuards(copies, files, (mutant) => console.log(guardLine(mutant)));
  for (const one of rules.filter(({ mutate: pattern }) => chosen(pattern))) {
    say(`Stryker changes ${one.mutate} …`);
    mutants.push(...(await tryRules(first, one, COPIES, say)));
  }
  return mutants;
}

process.exitCode = 1;
try {
  const mutants = await withServers(mutate);
  if (mutants.length === 0) throw new Error(`nothing to change in files named ${words.join(' or ')}`);
  const noticed = mutants.filter(isNoticed).length;
  const score = (100 * noticed) / mutants.length;
  const minutes = Math.ceil(performance.now() / 60_000);
  console.log(table(mutants));
  console.log(`mutation score ${score.toFixed(1)} %: ${noticed} of ${mutants.length} noticed, in ${minutes} min`);
  if (score >= WANTED) process.exitCode = 0;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
}
