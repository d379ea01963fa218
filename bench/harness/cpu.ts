import { readdirSync } from 'node:fs';
import { identify, membersOf, parentOf } from '../../src/stack/process-id.js';
import { statOf } from '../../tools/launch/process-start.js';
import type { Details } from './figure.js';

/** Linux counts the time of a process in hundredths of a second. */
const TICK_MS = 10;

/**
 * User and system time in milliseconds of the process, of its group and session, and of its children, which may have
 * sessions of their own. Undefined where no /proc is.
 */
function cpuMs(pid: number): number | undefined {
  // The servers are children of this process, and are counted apart.
  if (pid === process.pid) return ownCpuMs();
  const leader = identify(pid);
  if (leader === undefined || process.platform !== 'linux') return undefined;
  const members = new Set([pid, ...membersOf(leader).map((member) => member.pid), ...descendantsOf(pid)]);
  const ticks = [...members].flatMap((member) => {
    // With the time of the children that have ended.
    const times = statOf(member)?.slice(11, 15) ?? [];
    return times.map(Number);
  });
  return ticks.reduce((sum, each) => sum + each, 0) * TICK_MS;
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function descendantsOf(pid: number): number[] {
  const all = readdirSync('/proc').map(Number).filter(Number.isInteger);
  const parents = new Map(all.map((each) => [each, parentOf(each)]));
  const found = new Set([pid]);
  // A child may have a lower number than its parent: the numbers are used again.
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const [each, parent] of parents) if (parent !== undefined && found.has(parent)) found.add(each);
  }
  return [...found];
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
