import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { z } from 'zod';
import { namespaceOf, readInProc, startTimeOf, statOf } from '../../tools/launch/process-start.js';

export const processId = z.object({
  pid: z.int().positive(),
  /** Boot, namespace of process numbers, and time of the start; only compared for equality. */
  startTime: z.string(),
});

/** A process that cannot be mistaken for a later process with the same number, on this machine or in a container. */
export type ProcessId = Readonly<z.infer<typeof processId>>;

export const isAlive = ({ pid, startTime }: ProcessId): boolean => startTimeOf(pid) === startTime;

export function identify(pid: number): ProcessId | undefined {
  const startTime = startTimeOf(pid);
  return startTime === undefined ? undefined : { pid, startTime };
}

const identified = (pids: readonly number[]): ProcessId[] =>
  pids.map(identify).filter((id): id is ProcessId => id !== undefined);

const numbersInProc = (): number[] => readdirSync('/proc').map(Number).filter(Number.isInteger);

/** The other processes of the group and of the session of a living leader. */
export function membersOf(leader: ProcessId): ProcessId[] {
  if (!isAlive(leader)) return [];
  const isMember = (pid: number): boolean => {
    const [, , group, session] = statOf(pid) ?? [];
    return pid !== leader.pid && (Number(group) === leader.pid || Number(session) === leader.pid);
  };
  const found = process.platform === 'linux' ? numbersInProc().filter(isMember) : listedMembers(leader.pid);
  const members = identified(found);
  // Once the leader has ended, its number may name another group.
  return isAlive(leader) ? members : [];
}

function listedMembers(group: number): number[] {
  const { stdout } = spawnSync('ps', ['-axo', 'pid=,pgid='], { encoding: 'utf8' });
  const rows = (stdout ?? '').split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  return rows.filter(([pid, of]) => of === group && pid !== group).map(([pid]) => pid as number);
}

/** Children carry this variable. It finds the processes that a killed run left, and no others. */
export const markerVariable = 'ORDER_BRIDGE_STACK';

/** The processes whose marker has this prefix. Linux only: elsewhere only the recorded identities find processes. */
export function markedProcesses(markerPrefix: string): ProcessId[] {
  if (process.platform !== 'linux') return [];
  const beginning = `${markerVariable}=${markerPrefix}`;
  const own = namespaceOf('self');
  return identified(
    numbersInProc().filter((pid) => {
      if (pid === process.pid) return false;
      const variables = readInProc(`/proc/${pid}/environ`)?.split('\0') ?? [];
      // A container's processes are visible from its host, where a folder may have the same path.
      return variables.some((variable) => variable.startsWith(beginning)) && namespaceOf(pid) === own;
    }),
  );
}

export const parentOf = (pid: number): number | undefined => {
  const fields = statOf(pid);
  return fields === undefined ? undefined : Number(fields[1]);
};
