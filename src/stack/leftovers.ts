import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { asAbsent, readJsonFile, writeAtomically } from './json-file.js';
import { type ProcessId, processId } from './process-id.js';
import { ended, stopMarked, stopProcess } from './processes.js';

const startedSchema = z.object({ reaper: processId.optional(), processes: z.array(processId) });
type Started = Readonly<z.infer<typeof startedSchema>>;

/** A server writes its data within seconds after SIGTERM. A rule of thumb. */
const graceMs = 20_000;
const pathOf = (dataDir: string): string => join(dataDir, 'run', 'started.json');

/** Where the record is damaged, the servers are found only by their marker. */
const load = (dataDir: string): Started => readJsonFile(pathOf(dataDir), startedSchema, asAbsent) ?? { processes: [] };

const save = (dataDir: string, started: Started): void => writeAtomically(pathOf(dataDir), JSON.stringify(started));

export function rememberReaper(dataDir: string, reaper: ProcessId): void {
  save(dataDir, { ...load(dataDir), reaper });
}

export function rememberProcess(dataDir: string, process: ProcessId): void {
  const started = load(dataDir);
  save(dataDir, { ...started, processes: [...started.processes, process] });
}

/** Removes a process that has ended from the record, since its number may go to another program. */
export function forgetProcess(dataDir: string, { pid, startTime }: ProcessId): void {
  const started = load(dataDir);
  const others = started.processes.filter((process) => process.pid !== pid || process.startTime !== startTime);
  // The folder may be deleted already, with its record.
  if (others.length < started.processes.length) save(dataDir, { ...started, processes: others });
}

/** After an orderly stop no process is left. */
export const forgetAll = (dataDir: string): void => rmSync(pathOf(dataDir), { force: true });

/** Ends the processes that a killed run left in this folder, so that its data and ports are free again. */
export async function stopLeftovers(dataDir: string, stackId: string): Promise<void> {
  const { reaper, processes } = load(dataDir);
  // The reaper of the killed run may still be stopping the same servers in an orderly way.
  if (reaper !== undefined) await ended(reaper, graceMs);
  await Promise.all(processes.map((process) => stopProcess(process, graceMs)));
  await stopMarked(`${stackId}:`, graceMs);
  forgetAll(dataDir);
}
