import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, markedProcesses, membersOf, type ProcessId, parentOf } from './process-id.js';

// What SIGKILL does not end at once waits for a disk.
const killedMs = 5_000;

/** Sends a signal to this very process; nothing happens when the process has ended, whoever has its number now. */
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
 * Asks a process to stop, insists after `graceMs`, and ends what was in its group while it lived. Of a process that
 * has ended already nothing is signalled: its number, and its group's, may belong to another program.
 */
export async function stopProcess(id: ProcessId, graceMs: number): Promise<void> {
  const members = membersOf(id);
  signalProcess(id, 'SIGTERM');
  await ended(id, graceMs);
  await killAll([id, ...members, ...membersOf(id)]);
}

/** Stops what carries the marker: gently where its helpers will follow it, then without asking. */
export async function stopMarked(markerPrefix: string, graceMs: number): Promise<void> {
  const found = markedProcesses(markerPrefix);
  const pids = new Set(found.map(({ pid }) => pid));
  const leaders = found.filter(({ pid }) => !pids.has(parentOf(pid) ?? 0));
  for (const id of leaders) signalProcess(id, 'SIGTERM');
  await Promise.all(leaders.map((id) => ended(id, graceMs)));
  await killAll(markedProcesses(markerPrefix));
}
