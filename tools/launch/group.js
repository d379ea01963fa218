import { readdirSync, readFileSync } from 'node:fs';

const windows = process.platform === 'win32';

/** The variable that marks the processes of a step, so that those that outlive the step can be found. */
export const markVariable = 'ORDERS_LAUNCH_STEP';

/** Signals a child's whole group, unless the child has ended: its number may then belong to another process. */
export function signalGroup(child, signal) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  if (windows) child.kill(signal);
  else process.kill(-child.pid, signal);
}

/** Kills the processes that an aborted step left. Linux only: elsewhere only the signal to the group ends them. */
export function killMarked(mark) {
  if (process.platform !== 'linux') return;
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const variables = readFileSync(`/proc/${entry}/environ`, 'utf8').split('\0');
      if (variables.includes(`${markVariable}=${mark}`)) process.kill(Number(entry), 'SIGKILL');
    } catch (error) {
      // The process has ended in between, or belongs to another user.
      if (!['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(error.code)) throw error;
    }
  }
}
