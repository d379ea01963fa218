import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AVA, type BuildCopy, onCopies } from './build-copy.js';
import { type Guard, type GuardedFile, withoutGuard, withoutGuardIn } from './guard.js';
import type { Mutant } from './mutant.js';

/** No named test takes that long. A test that hangs without its guard counts as a test that fails. */
const TIMEOUT = '--timeout=30s';

/** A test must fail by its assertion, and not because the changed code or its SQL is invalid. */
const brokenCode = /\b(SyntaxError|ReferenceError|ER_PARSE_ERROR|ER_BAD_FIELD_ERROR)\b/;

interface Tests {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  readonly output: string;
}

async function runTests(copy: BuildCopy, file: string, titles: readonly string[]): Promise<Tests> {
  const matches = titles.map((title) => `--match=${title}`);
  const [, lines] = await copy.run([AVA, '--tap', TIMEOUT, ...matches, `dist/test/${file}.test.js`]);
  const titled = (outcome: RegExp) =>
    titles.filter((title) => lines.some((line) => line.replace(outcome, '') === title));
  return { passed: titled(/^ok \d+ - /), failed: titled(/^not ok \d+ - /), output: lines.join('\n') };
}

/** @throws when a guard is not in its file, or its test does not pass with the guard in its place */
export async function checkGuards(copies: readonly BuildCopy[], files: readonly GuardedFile[]): Promise<void> {
  const [{ folder }] = copies as [BuildCopy];
  for (const { file, guards } of files) {
    const whole = readFileSync(join(folder, 'dist', file), 'utf8');
    for (const guard of guards) withoutGuard(whole, guard);
  }
  const tests = files.flatMap(({ guards }) => guards.map(({ test }) => test));
  await onCopies(copies, [...Map.groupBy(tests, ([file]) => file)], async (copy, [file, named]) => {
    const titles = [...new Set(named.map(([, title]) => title))];
    const { passed, output } = await runTests(copy, file, titles);
    const missing = titles.filter((title) => !passed.includes(title));
    if (missing.length > 0) throw new Error(`${file} has no test that passes as “${missing.join('”, “')}”\n${output}`);
  });
}

/** Removes each guard, one at a time on each copy, and runs its test. */
export async function tryGuards(
  copies: readonly BuildCopy[],
  files: readonly GuardedFile[],
  onMutant: (mutant: Mutant) => void,
): Promise<Mutant[]> {
  const all = files.flatMap(({ file, guards }) => guards.map((guard) => ({ file, guard })));
  return await onCopies(copies, all, async (copy, { file, guard }) => {
    const mutant = await withoutGuardIn(copy, file, guard, () => tryGuard(copy, file, guard));
    onMutant(mutant);
    return mutant;
  });
}

async function tryGuard(copy: BuildCopy, file: string, { name, test: [testFile, title] }: Guard): Promise<Mutant> {
  const { passed, failed, output } = await runTests(copy, testFile, [title]);
  if (brokenCode.test(output)) throw new Error(`without the guard “${name}” the code makes no sense\n${output}`);
  if (passed.length > 0) return { file, what: name };
  return { file, what: name, noticedBy: `${testFile}: ${title}${failed.length > 0 ? '' : ' (never ends)'}` };
}
