import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { type Stack, type StackAddresses, type StackOptions, startStack } from '../../src/stack/index.js';
import { stackIdOf } from '../../src/stack/owned-folder.js';
import { markedProcesses, type ProcessId } from '../../src/stack/process-id.js';
import { signalProcess, stopMarked } from '../../src/stack/processes.js';
import { HELPER_LIMIT_MS } from '../helpers/retried.js';

/** The address of a server of the test run, so that a stack starts no private server of this kind. */
export const sharedBroker = (): NodeJS.ProcessEnv => ({ AMQP_URL: process.env.TEST_AMQP_URL });
export const sharedTemporal = (): NodeJS.ProcessEnv => ({ TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS });

/** A folder for one stack; processes that still run in it at the test's end are stopped. */
export function dataFolder(t: ExecutionContext): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'order-bridge-stack-')));
  const stackId = stackIdOf(folder);
  t.teardown(async () => {
    await stopMarked(`${stackId}:`, 0);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

export async function ownStack(
  t: ExecutionContext,
  env: NodeJS.ProcessEnv,
  options: Partial<StackOptions> = {},
): Promise<Stack> {
  const dataDir = options.dataDir ?? dataFolder(t);
  const stack = await startStack({ say: (line) => t.log(line), env: { ...process.env, ...env }, ...options, dataDir });
  t.teardown(() => stack.stop());
  return stack;
}

export const processesOf = (dataDir: string): ProcessId[] => markedProcesses(`${stackIdOf(dataDir)}:`);

/** Waits for a condition, and fails after a time limit. */
export async function until(condition: () => boolean | Promise<boolean>, boundMs = HELPER_LIMIT_MS): Promise<void> {
  const deadline = performance.now() + boundMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`did not hold within ${boundMs} ms: ${condition}`);
    await sleep(50);
  }
}

export interface Owner {
  readonly process: ChildProcess;
  readonly addresses: StackAddresses;
}

/** Starts a stack in a process of its own, which a test may kill. */
export async function startOwner(t: ExecutionContext, dataDir: string, env: NodeJS.ProcessEnv): Promise<Owner> {
  const script = join(import.meta.dirname, 'owner.js');
  const child = spawn(process.execPath, [script, dataDir], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  t.teardown(() => void child.kill('SIGKILL'));
  createInterface({ input: child.stderr }).on('line', (line) => t.log(line));
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(() => Promise.reject(new Error('the owner ended before its servers were up'))),
  ])) as [string];
  return { process: child, addresses: JSON.parse(line) as StackAddresses };
}

/** Ends the owner, its reaper and every server at once, as a power failure does. */
export async function killEverything(dataDir: string, owner: Owner): Promise<void> {
  const started = join(dataDir, 'run', 'started.json');
  const { reaper } = JSON.parse(readFileSync(started, 'utf8')) as { reaper?: ProcessId };
  if (reaper !== undefined) signalProcess(reaper, 'SIGKILL');
  const died = once(owner.process, 'exit');
  owner.process.kill('SIGKILL');
  for (const id of processesOf(dataDir)) signalProcess(id, 'SIGKILL');
  await died;
  await until(() => processesOf(dataDir).length === 0);
  if (!existsSync(join(dataDir, 'owner.lock'))) throw new Error('the owner was expected to leave its lock behind');
}
