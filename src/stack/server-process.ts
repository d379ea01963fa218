import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, renameSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerProcess, StackContext } from './context.js';
import { forgetProcess, rememberProcess } from './leftovers.js';
import { identify, markerVariable, type ProcessId } from './process-id.js';
import { stopProcess } from './processes.js';

export interface Command {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly graceMs?: number;
  /**
   * The command has files outside the data folder to remove: it gets its time to end also where the folder is
   * temporary.
   */
  readonly orderly?: boolean;
}

/** Opens an empty log; the log of the run before is kept as `.1`. */
function openLog(dataDir: string, name: string): { file: string; descriptor: number } {
  const folder = join(dataDir, 'logs');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.log`);
  if (existsSync(file)) renameSync(file, `${file}.1`);
  return { file, descriptor: openSync(file, 'a', 0o600) };
}

/** The last lines of a log, indented, for a message about a failure. */
export async function logTail(file: string, lines = 12): Promise<string> {
  const text = await readFile(file, 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .slice(-lines)
    .map((line) => `    ${line}`)
    .join('\n');
}

const waitForSpawn = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });

/** Starts a process in a session of its own, with a log, and registers it with the reaper at once. */
export async function startProcess(context: StackContext, command: Command): Promise<ServerProcess> {
  context.signal.throwIfAborted();
  const log = openLog(context.dataDir, command.name);
  const child = spawn(command.file, command.args, {
    // The terminal's Ctrl-C goes to a whole process group; the servers must run until our processes have drained.
    detached: true,
    stdio: ['ignore', log.descriptor, log.descriptor],
    env: { ...(command.env ?? context.env), [markerVariable]: context.marker },
  });
  closeSync(log.descriptor);
  let how: string | undefined;
  let stopping = false;
  const reports: ((how: string) => void)[] = [];
  let forget = (): void => undefined;
  const gone = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      how = signal === null ? `exit code ${code}` : signal;
      forget();
      if (!stopping) for (const report of reports) report(how);
      resolve();
    });
  });
  await waitForSpawn(child);
  const pid = child.pid as number;
  const id: ProcessId | undefined = how === undefined ? identify(pid) : undefined;
  if (id !== undefined) {
    context.reaper.send({ kind: 'watch', process: id });
    rememberProcess(context.dataDir, id);
    forget = () => {
      context.reaper.send({ kind: 'unwatch', pid });
      forgetProcess(context.dataDir, id);
    };
  }
  const server: ServerProcess = {
    name: command.name,
    pid,
    logFile: log.file,
    ended: () => how,
    async stop(graceMs = command.graceMs ?? 20_000) {
      stopping = true;
      // Data that is removed after the stop needs no orderly end.
      if (id !== undefined) await stopProcess(id, context.temporary && !command.orderly ? 0 : graceMs);
      await gone;
    },
    onUnexpectedEnd: (report) => reports.push(report),
  };
  context.processes.push(server);
  return server;
}

/**
 * Runs a command to its end; an abort stops the command.
 *
 * @throws {Error} with the last lines of its output, when it fails
 */
export async function runStep(context: StackContext, command: Command): Promise<void> {
  const step = await startProcess(context, command);
  let onAbort = (): void => undefined;
  const finished = new Promise<string>((resolve, reject) => {
    step.onUnexpectedEnd(resolve);
    onAbort = () => reject(context.signal.reason);
  });
  context.signal.addEventListener('abort', onAbort, { once: true });
  try {
    const how = step.ended() ?? (await finished);
    if (how !== 'exit code 0') {
      throw new Error(`${command.file} ended with ${how}; its last lines:\n${await logTail(step.logFile)}`);
    }
  } finally {
    context.signal.removeEventListener('abort', onAbort);
    await step.stop();
    context.processes.splice(context.processes.indexOf(step), 1);
  }
}
