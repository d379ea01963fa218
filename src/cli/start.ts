import { styleText } from 'node:util';
import { type Stack, StackError, startStack } from '../stack/index.js';
import { auditCommand } from './audit-command.js';
import type { Child } from './child.js';
import { developmentSecrets, withDevelopmentSecrets } from './development-secrets.js';
import { environmentOn, given } from './environment.js';
import { requireSetup } from './require-setup.js';
import { seedShop } from './seed.js';
import { servingLines } from './serving-lines.js';
import { planStart, type StartWishes } from './start-plan.js';
import { startProcesses } from './start-processes.js';
import { playWithShortWindow } from './story/short-window.js';

export interface StartOptions extends StartWishes {
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
  /** Aborts at Ctrl-C, at any step. */
  readonly signal: AbortSignal;
}

/**
 * `npm start`: starts all servers and processes, plays the story, prints the addresses, and serves until the signal
 * aborts.
 *
 * @returns whether every step of the story held and the audit found nothing
 */
export async function start({ env, exit, story, say, signal }: StartOptions): Promise<boolean> {
  const plan = await planStart(env, { exit, story });
  const indented = (line: string): void => say(`  ${line}`);
  const children: Child[] = [];
  let stack: Stack | undefined;
  try {
    for (const message of plan.messages) say(message);
    const secrets = developmentSecrets(plan.dataDir);
    say(styleText('bold', 'Servers'));
    stack = await startStack({ dataDir: plan.dataDir, env, say: indented, signal });
    const { addresses } = stack;

    say(styleText('bold', 'Processes'));
    if (plan.ours) await seedShop(addresses.mysqlUrl);
    const shared = environmentOn(withDevelopmentSecrets(secrets, given(env)), addresses);
    const ownTemporal = stack.servers.some(({ name, origin }) => name === 'temporal' && origin !== 'environment');
    await requireSetup(shared, { ownTemporal, say: indented });
    const onStarted = (child: Child): void => void children.push(child);
    const processes = await startProcesses({ env, plan, secrets, addresses, say: indented, signal, onStarted });

    let held = true;
    if (plan.story && processes.provider) {
      say(styleText('bold', 'The story'));
      const { provider } = processes;
      held = await playWithShortWindow({ ...processes, provider, addresses, env: shared, say: indented, signal });
      say(styleText('bold', 'The audit'));
      held = (await auditCommand(shared, { say: indented })) && held;
    }
    if (!exit) {
      say(styleText('bold', 'Serving'));
      for (const line of servingLines({ ...processes, addresses, plan, set: given(env) })) indented(line);
      await untilInterrupted(children, signal);
    }
    return held;
  } catch (error) {
    if (!signal.aborted) throw error;
    return false;
  } finally {
    await stopAll(children, stack, say);
  }
}

/** @throws {StackError} when a process ends by itself: the system does not work without this process */
async function untilInterrupted(children: readonly Child[], signal: AbortSignal): Promise<void> {
  const running = children.filter((child) => child.isRunning());
  const interrupted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const ended = await Promise.race([interrupted, ...running.map((child) => child.ended)]);
  if (ended !== undefined && !signal.aborted)
    throw new StackError(`${ended}; its log is in the folder logs of the data`);
}

/**
 * Stops the API first, so that no new orders come, then the other processes in the order of their starts, then the
 * servers.
 */
async function stopAll(
  children: readonly Child[],
  stack: Stack | undefined,
  say: (line: string) => void,
): Promise<void> {
  if (children.length > 0 || stack) say('Stopping …');
  for (const child of children) await child.stop();
  await stack?.stop();
}
