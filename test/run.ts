import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import pc from 'picocolors';
import { type Stack, StackError, startStack } from '../src/stack/index.js';
import { signalProcess } from '../src/stack/processes.js';

/** Starts servers for this run alone, runs ava on them, and ends with the line `N passed, N failed`. */

const root = resolve(import.meta.dirname, '..', '..');
const say = (line: string): void => console.log(pc.dim(line));

interface Tally {
  passed: number;
  failed: number;
}

/** A test's source may be named as well as what it is compiled to. */
const compiled = (argument: string): string =>
  /^[^-].*\.test\.ts$/.test(argument)
    ? join('dist', relative(root, resolve(argument))).replace(/\.ts$/, '.js')
    : argument;

function count(line: string, tally: Tally): void {
  if (/^not ok \d+/.test(line)) tally.failed += 1;
  else if (/^ok \d+/.test(line) && !/ # (SKIP|TODO)\b/i.test(line)) tally.passed += 1;
}

/** Shows TAP with its outcomes in colour, without the lines that only machines read and the logs of what passed. */
function createDisplay(): (line: string) => void {
  let passed = false;
  return (line) => {
    if (/^(TAP version|1\.\.\d|# (tests|pass|fail|skip|todo))/.test(line) || line.trim() === '') return;
    const outcome = /^(not )?ok \d+ (- )?/.exec(line);
    if (outcome !== null) passed = outcome[1] === undefined;
    if (outcome === null && !(passed && line.startsWith('#'))) console.log(line);
    else if (outcome !== null) console.log(line.replace(outcome[0], passed ? pc.green('  ok  ') : pc.red('FAIL  ')));
  };
}

const withoutAddresses = (): NodeJS.ProcessEnv => {
  const { MYSQL_URL: _mysql, AMQP_URL: _amqp, TEMPORAL_ADDRESS: _temporal, ...env } = process.env;
  return env;
};

async function runAva(stack: Stack, dataDir: string, args: readonly string[], signal: AbortSignal): Promise<Tally> {
  const { addresses } = stack;
  const temporary = join(dataDir, 'tmp');
  mkdirSync(temporary);
  const ava = join(root, 'node_modules', 'ava', 'entrypoints', 'cli.js');
  const child = spawn(process.execPath, [ava, '--tap', ...args.map(compiled)], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    // A group of its own, so that an end reaches the processes of the tests as well.
    detached: true,
    env: {
      ...withoutAddresses(),
      // What a test that crashed left behind goes with the run.
      TMPDIR: temporary,
      TEST_MYSQL_URL: addresses.mysqlUrl,
      TEST_AMQP_URL: addresses.amqpUrl,
      TEST_RABBITMQ_API_URL: addresses.rabbitmqApiUrl,
      TEST_TEMPORAL_ADDRESS: addresses.temporalAddress,
      TEST_TEMPORAL_UI_URL: addresses.temporalUiUrl,
    },
  });
  const tally: Tally = { passed: 0, failed: 0 };
  const closed = new Promise<number | null>((done, reject) => {
    child.once('error', reject);
    child.once('close', (code) => done(code));
  });
  const group = -(child.pid as number);
  let insist: NodeJS.Timeout | undefined;
  const onAbort = () => {
    signalProcess(group, 'SIGTERM');
    insist = setTimeout(() => signalProcess(group, 'SIGKILL'), 5_000);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const show = createDisplay();
  for await (const line of createInterface({ input: child.stdout })) {
    count(line, tally);
    show(line);
  }
  const code = await closed;
  clearTimeout(insist);
  signal.removeEventListener('abort', onAbort);
  // A crash, a timeout or an error outside of every test has no line of its own.
  if (code !== 0 && tally.failed === 0) tally.failed += 1;
  return tally;
}

async function main(): Promise<Tally> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => interrupted.abort(new Error(`interrupted by ${signal}`)));
  }
  const { signal } = interrupted;
  const dataDir = mkdtempSync(join(tmpdir(), 'order-bridge-test-'));
  say('Starting servers for the tests …');
  const stack = await startStack({ dataDir, env: withoutAddresses(), say, signal, temporary: true });
  try {
    const tally = await runAva(stack, dataDir, process.argv.slice(2), signal);
    signal.throwIfAborted();
    return tally;
  } finally {
    await stack.stop();
  }
}

let tally: Tally = { passed: 0, failed: 1 };
try {
  tally = await main();
} catch (error) {
  console.error(error instanceof StackError || error instanceof Error ? error.message : error);
}
console.log(`${tally.passed} passed, ${tally.failed} failed`);
process.exitCode = tally.failed === 0 && tally.passed > 0 ? 0 : 1;
