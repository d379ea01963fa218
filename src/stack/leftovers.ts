import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessId } from './process-id.js';
import { writeAtomically } from './process-lock.js';
import { ended, stopMarked, stopProcess } from './processes.js';

interface Started {
  readonly reaper?: ProcessId;
  readonly processes: readonly ProcessId[];
}

const graceMs = 20_000;
const pathOf = (dataDir: string): string => join(dataDir, 'run', 'started.json');

function load(dataDir: string): Started {
  try {
    return JSON.parse(readFileSync(pathOf(dataDir), 'utf8')) as Started;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { processes: [] };
    throw error;
  }
}

const save = (dataDir: string, started: Started): void => writeAtomically(pathOf(dataDir), JSON.stringify(started));

export function rememberReaper(dataDir: string, reaper: ProcessId): void {
  save(dataDir, { ...load(dataDir), reaper });
}

export function rememberProcess(dataDir: string, process: ProcessId): void {
  const started = load(dataDir);
  save(dataDir, { ...started, processes: [...started.processes, process] });
}

/** A process that has ended is looked for no more: its number goes to another program. */
export function forgetProcess(dataDir: string, { pid, startTime }: ProcessId): void {
  const started = load(dataDir);
  const others = started.processes.filter((one) => one.pid !== pid || one.startTime !== startTime);
  // The folder itself may be gone, with its record.
  if (others.length < started.processes.length) save(dataDir, { ...started, processes: others });
}

/** After a stop in order nothing is left to look for. */
export const forgetAll = (dataDir: string): void => rmSync(pathOf(dataDir), { force: true });

/** Ends what a run that was killed left behind in this folder, so that its data and ports are free again. */
export async function stopLeftovers(dataDir: string, stackId: string): Promise<void> {
  const { reaper, processes } = load(dataDir);
  // It may be stopping the same servers right now, and gently.
  if (reaper !== undefined) await ended(reaper, graceMs);
  await Promise.all(processes.map((process) => stopProcess(process, graceMs)));
  await stopMarked(`${stackId}:`, graceMs);
  forgetAll(dataDir);
}
