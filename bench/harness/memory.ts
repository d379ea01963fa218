import { readFileSync } from 'node:fs';

/** What a process has in memory now, in MB of 10^6 bytes. NaN where no /proc is. */
export function memoryOf(pid: number): number {
  if (process.platform !== 'linux') return Number.NaN;
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kilobytes) * 1_024) / 1e6;
}
