import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { styleText } from 'node:util';
import { runInGroup } from './run-in-group.js';
import { type Servers, withServers } from './with-servers.js';

/**
 * Starts servers for this run alone, runs ava on them, and ends with its slowest files and the line `N passed, N failed`.
 */

const root = resolve(import.meta.dirname, '..', '..');

interface Tally {
  passed: number;
  failed: number;
}

/** A test may be named by its source or by its compiled file. */
const compiled = (argument: string): string =>
  /^[^-].*\.test\.ts$/.test(argument)
    ? join('dist', relative(root, resolve(argument))).replace(/\.ts$/, '.js')
    : argument;

function count(line: string, tally: Tally): void {
  if (/^not ok \d+/.test(line)) tally.failed += 1;
  else if (/^ok \d+/.test(line) && !/ # (SKIP|TODO)\b/i.test(line)) tally.passed += 1;
}

/** Prints TAP with coloured results, without the lines for machines and the logs of passed tests. */
function createDisplay(): (line: string) => void {
  let passed = false;
  return (line) => {
    if (/^(TAP version|1\.\.\d|# (tests|pass|fail|skip|todo))/.test(line) || line.trim() === '') return;
    const outcome = /^(not )?ok \d+ (- )?/.exec(line);
    if (outcome !== null) passed = outcome[1] === undefined;
    if (outcome === null && !(passed && line.startsWith('#'))) console.log(line);
    else if (outcome !== null)
      console.log(line.replace(outcome[0], passed ? styleText('green', '  ok  ') : styleText('red', 'FAIL  ')));
  };
}

/** One file more at once than the machine or its container has cores, since many tests wait. */
const atOnce = `--concurrency=${availableParallelism() + 1}`;

/** The time from the start of a file's process to its end. */
function slowest(times: string): string[] {
  if (!existsSync(times)) return [];
  const lines = readFileSync(times, 'utf8').trim().split('\n');
  const files = lines.map((line) => JSON.parse(line) as { file: string; seconds: number });
  const ten = files.toSorted((one, other) => other.seconds - one.seconds).slice(0, 10);
  return ten.map(({ file, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${file}`);
}

async function runAva({ env, folder, signal }: Servers, args: readonly string[]): Promise<Tally> {
  const ava = join(import.meta.dirname, 'ava.js');
  const times = join(folder, 'times.jsonl');
  const tally: Tally = { passed: 0, failed: 0 };
  const show = createDisplay();
  const onLine = (line: string) => {
    count(line, tally);
    show(line);
  };
  const options = { cwd: root, env: { ...env, TEST_TIMES: times }, signal, onLine, stderr: 'inherit' } as const;
  const code = await runInGroup([ava, '--tap', atOnce, ...args.map(compiled)], options);
  console.log(styleText('dim', ['The slowest files:', ...slowest(times)].join('\n')));
  // A crash, a time-out or an error outside of a test has no line of its own in TAP.
  if (code !== 0 && tally.failed === 0) tally.failed += 1;
  return tally;
}

let tally: Tally = { passed: 0, failed: 1 };
try {
  tally = await withServers((servers) => runAva(servers, process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
}
console.log(`${tally.passed} passed, ${tally.failed} failed`);
process.exitCode = tally.failed === 0 && tally.passed > 0 ? 0 : 1;
