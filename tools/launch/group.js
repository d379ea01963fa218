import { readdirSync, readFileSync } from 'node:fs';

const windows = process.platform === 'win32';

/** Marks what a step starts, so that what outlives the step is known from every other process. */
export const markVariable = 'ORDERS_LAUNCH_STEP';

/** Signals a child's whole group, as long as the child has not been waited for: after that its number is free. */
export function signalGroup(child, signal) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  if (windows) child.kill(signal);
  else process.kill(-child.pid, signal);
}

/** Ends what a step that was aborted has left behind (Linux only; elsewhere the signal to its group has to do). */
export function killMarked(mark) {
  if (process.platform !== 'linux') return;
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const variables = readFileSync(`/proc/${entry}/environ`, 'utf8').split('\0');
      if (variables.includes(`${markVariable}=${mark}`)) process.kill(Number(entry), 'SIGKILL');
    } catch (error) {
      // The process has ended meanwhile, or belongs to another user.
      if (!['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(error.code)) throw error;
    }
  }
}
