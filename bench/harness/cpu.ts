import { identify, membersOf } from '../../src/stack/process-id.js';
import { statOf } from '../../tools/launch/process-start.js';
import type { Details } from './figure.js';

/** Linux counts the time of a process in hundredths of a second. */
const TICK_MS = 10;

/** User and system time of the process and of its group and session, in milliseconds. Undefined where no /proc is. */
function cpuMs(pid: number): number | undefined {
  const leader = identify(pid);
  if (leader === undefined || process.platform !== 'linux') return undefined;
  const ticks = [leader, ...membersOf(leader)].flatMap((member) => {
    const fields = statOf(member.pid);
    return fields === undefined ? [] : Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, each) => sum + each, 0) * TICK_MS;
}

/**
 * Measures what each process spends while `work` runs.
 *
 * @param items what the work has done; the figures are for each of them
 * @returns `CPU <name>, ms` for each process; no figure for a process that cannot be read
 */
export async function withCpu<T>(
  pids: Readonly<Record<string, number>>,
  work: () => Promise<T>,
  items: (result: T) => number,
): Promise<{ readonly result: T; readonly cpu: Details }> {
  const before = Object.entries(pids).map(([name, pid]) => ({ name, pid, at: cpuMs(pid) }));
  const result = await work();
  const count = items(result);
  const spent = before.flatMap(({ name, pid, at }) => {
    const now = cpuMs(pid);
    return at === undefined || now === undefined ? [] : [[`CPU ${name}, ms`, (now - at) / count] as const];
  });
  return { result, cpu: Object.fromEntries(spent) };
}
