import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, markedProcesses, membersOf, type ProcessId, parentOf } from './process-id.js';

// A process that SIGKILL does not end at once waits for a disk. A rule of thumb: longer waits are not useful.
const killedMs = 5_000;

/**
 * Sends a signal to exactly this process; does nothing when the process has ended, also when its number is used again.
 */
export function signalProcess(id: ProcessId, signal: NodeJS.Signals): void {
  if (!isAlive(id)) return;
  try {
    process.kill(id.pid, signal);
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

async function killAll(ids: readonly ProcessId[]): Promise<void> {
  for (const id of ids) signalProcess(id, 'SIGKILL');
  await Promise.all(ids.map((id) => ended(id, killedMs)));
}

/**
 * Sends SIGTERM to a process, sends SIGKILL after `graceMs`, and kills the processes that were in its group while it
 * lived. When the process has ended already, nothing is signalled: its number and its group's number may belong to
 * another program.
 */
export async function stopProcess(id: ProcessId, graceMs: number): Promise<void> {
  const members = membersOf(id);
  signalProcess(id, 'SIGTERM');
  await ended(id, graceMs);
  await killAll([id, ...members, ...membersOf(id)]);
}

/** Stops the marked processes: SIGTERM to those whose parents are not marked, then SIGKILL to all that are left. */
export async function stopMarked(markerPrefix: string, graceMs: number): Promise<void> {
  const found = markedProcesses(markerPrefix);
  const pids = new Set(found.map(({ pid }) => pid));
  const leaders = found.filter(({ pid }) => !pids.has(parentOf(pid) ?? 0));
  for (const id of leaders) signalProcess(id, 'SIGTERM');
  await Promise.all(leaders.map((id) => ended(id, graceMs)));
  await killAll(markedProcesses(markerPrefix));
}
