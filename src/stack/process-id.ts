import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { z } from 'zod';

export const processId = z.object({
  pid: z.int().positive(),
  /** Only ever compared for equality: boot, namespace of process numbers, and the moment of the start. */
  startTime: z.string(),
});

/** A process that cannot be mistaken for a later process with the same number, on this machine or in a container. */
export type ProcessId = Readonly<z.infer<typeof processId>>;

/** The content of a file in /proc; undefined when the process has ended, or belongs to another user. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function namespaceOf(pid: number | 'self'): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    // The process has ended, or belongs to another user.
    return undefined;
  }
}

/** The fields of /proc/PID/stat from the state on: the name before it may hold spaces and parentheses itself. */
function statOf(pid: number): string[] | undefined {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

// A number repeats after a reboot, and in a second container of the same boot.
const machine = (): string => `${read('/proc/sys/kernel/random/boot_id')?.trim()}:${namespaceOf('self')}`;

/** When the process started; undefined when the process does not run. */
function startTimeOf(pid: number): string | undefined {
  if (process.platform === 'linux') {
    const fields = statOf(pid);
    if (fields === undefined || fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return `${machine()}:${fields[19]}`;
  }
  const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout?.trim() || undefined;
}

export const isAlive = ({ pid, startTime }: ProcessId): boolean => startTimeOf(pid) === startTime;

export function identify(pid: number): ProcessId | undefined {
  const startTime = startTimeOf(pid);
  return startTime === undefined ? undefined : { pid, startTime };
}

const identified = (pids: readonly number[]): ProcessId[] =>
  pids.map(identify).filter((id): id is ProcessId => id !== undefined);

const numbersInProc = (): number[] => readdirSync('/proc').map(Number).filter(Number.isInteger);

/** The other processes of the group and of the session that a living leader began. */
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

/** Children carry this variable, so that what a killed run left behind is found and nothing else is touched. */
export const markerVariable = 'ORDER_BRIDGE_STACK';

/** The processes whose marker begins so (Linux only; elsewhere the recorded identities have to do). */
export function markedProcesses(markerPrefix: string): ProcessId[] {
  if (process.platform !== 'linux') return [];
  const beginning = `${markerVariable}=${markerPrefix}`;
  const own = namespaceOf('self');
  return identified(
    numbersInProc().filter((pid) => {
      if (pid === process.pid) return false;
      const variables = read(`/proc/${pid}/environ`)?.split('\0') ?? [];
      // A container's processes are visible from its host, where a folder may have the same path.
      return variables.some((variable) => variable.startsWith(beginning)) && namespaceOf(pid) === own;
    }),
  );
}

export const parentOf = (pid: number): number | undefined => {
  const fields = statOf(pid);
  return fields === undefined ? undefined : Number(fields[1]);
};
