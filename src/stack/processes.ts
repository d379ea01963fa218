import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessId {
  readonly pid: number;
  readonly startTime: string;
}

/** Children carry this variable, so that what a killed run left behind is found and nothing else is touched. */
export const markerVariable = 'ORDER_BRIDGE_STACK';

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The process ended, or belongs to another user: either way it is not one of ours to look at.
    return undefined;
  }
};

const bootId = (): string => (read('/proc/sys/kernel/random/boot_id') ?? '').slice(0, 8);

/** When the process started, in a form that only compares for equality; undefined when it does not run. */
function startTimeOf(pid: number): string | undefined {
  if (process.platform === 'linux') {
    const stat = read(`/proc/${pid}/stat`);
    // The command name stands in parentheses and may itself hold spaces and parentheses.
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields === undefined || fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return `${bootId()}:${fields[19]}`;
  }
  const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout?.trim() || undefined;
}

export const isAlive = ({ pid, startTime }: ProcessId): boolean => startTimeOf(pid) === startTime;

export function identify(pid: number): ProcessId | undefined {
  const startTime = startTimeOf(pid);
  return startTime === undefined ? undefined : { pid, startTime };
}

/** Sends a signal; a process that has ended meanwhile is no error, nor is a group of which only its name is left. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

/** Waits until the process has ended; false when it still runs after `boundMs`. */
export async function ended(id: ProcessId, boundMs: number): Promise<boolean> {
  const deadline = performance.now() + boundMs;
  while (isAlive(id)) {
    if (performance.now() > deadline) return false;
    await sleep(30);
  }
  return true;
}

/** Asks a process to stop, insists after `graceMs`, and clears what is left of its process group. */
export async function stopProcess(id: ProcessId, graceMs: number): Promise<void> {
  if (isAlive(id)) {
    signalProcess(id.pid, 'SIGTERM');
    await ended(id, graceMs);
  }
  signalProcess(-id.pid, 'SIGKILL');
  await ended(id, 5_000);
}

/** The processes whose marker begins so (Linux only; elsewhere the recorded numbers have to do). */
export function markedProcesses(markerPrefix: string): ProcessId[] {
  if (process.platform !== 'linux') return [];
  const found: ProcessId[] = [];
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const variables = read(`/proc/${pid}/environ`)?.split('\0') ?? [];
    if (!variables.some((variable) => variable.startsWith(`${markerVariable}=${markerPrefix}`))) continue;
    const id = identify(pid);
    if (id !== undefined) found.push(id);
  }
  return found;
}

/** Stops what carries the marker: gently where its helpers will follow it, then without asking. */
export async function stopMarked(markerPrefix: string, graceMs: number): Promise<void> {
  const found = markedProcesses(markerPrefix);
  const pids = new Set(found.map(({ pid }) => pid));
  const leaders = found.filter(({ pid }) => !pids.has(parentOf(pid) ?? 0));
  for (const { pid } of leaders) signalProcess(pid, 'SIGTERM');
  await Promise.all(leaders.map((id) => ended(id, graceMs)));
  for (const id of markedProcesses(markerPrefix)) {
    signalProcess(id.pid, 'SIGKILL');
    await ended(id, 5_000);
  }
}

function parentOf(pid: number): number | undefined {
  const stat = read(`/proc/${pid}/stat`);
  return stat === undefined ? undefined : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}
