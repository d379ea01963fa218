import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';

// Plain JavaScript, since the launcher needs it before anything is compiled. src/stack imports it too.

/**
 * The content of a file in /proc; undefined when the process has ended, or belongs to another user.
 *
 * @param {string} path
 * @returns {string | undefined}
 */
export function readInProc(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * The container (PID namespace) of a process; undefined when the process has ended, or belongs to another user.
 *
 * @param {number | 'self'} pid
 * @returns {string | undefined}
 */
export function namespaceOf(pid) {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

/**
 * The fields of /proc/PID/stat from the state on: the name before it may hold spaces and parentheses itself.
 *
 * @param {number} pid
 * @returns {string[] | undefined}
 */
export function statOf(pid) {
  const stat = readInProc(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

// The same process number occurs again after a reboot, and in a second container of the same boot.
const machine = () => `${readInProc('/proc/sys/kernel/random/boot_id')?.trim()}:${namespaceOf('self')}`;

/** @param {number} pid */
function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/**
 * The start time of a process: its number alone may name a later process. The text is only compared for equality.
 *
 * @param {number} pid
 * @returns {string | undefined} undefined when the process does not run
 */
export function startTimeOf(pid) {
  if (process.platform === 'linux') {
    const fields = statOf(pid);
    if (fields === undefined || fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return `${machine()}:${fields[19]}`;
  }
  if (process.platform === 'win32') return isRunning(pid) ? 'running' : undefined;
  return spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() || undefined;
}
