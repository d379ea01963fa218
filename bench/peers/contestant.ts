import type { Dialect } from './client/task.js';

export interface Product {
  readonly sku: string;
  readonly price: number;
  readonly stock: number;
}

export interface Stock {
  readonly available: number;
  readonly reserved: number;
  readonly sold: number;
}

/** A running system: ours or a peer. */
export interface Contestant {
  readonly name: string;
  readonly url: string;
  readonly dialect: Dialect;
  /** What a commit survives, as the system's servers report their settings. */
  readonly durability: string;
  readonly linesOfCode: number;
  /** The processes whose CPU time belongs to the system, with its servers. */
  readonly pids: () => Readonly<Record<string, number>>;
  /** The processes that only this system has: they are stopped while another system is measured. */
  readonly restingPids: () => readonly number[];
  /** The processes that do the work behind the answer to a checkout. None where one process does everything. */
  readonly behindPids: () => readonly number[];
  readonly stockOf: (sku: string) => Promise<Stock>;
  /** Kills the system's processes, not its servers. */
  readonly kill: () => Promise<void>;
  readonly start: (options: { readonly windowMs: number }) => Promise<void>;
  /** How many orders the engine still has work for: workflows that run, jobs and messages that wait. */
  readonly open: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

/** Runs `work` while these processes stand still. */
export async function paused<T>(pids: readonly number[], work: () => Promise<T>): Promise<T> {
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  try {
    return await work();
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
}

/** Runs `work` while the processes of the other contestants stand still: their timers would take CPU time. */
export const alone = <T>(contestant: Contestant, all: readonly Contestant[], work: () => Promise<T>): Promise<T> =>
  paused(
    all.filter((other) => other !== contestant).flatMap((other) => other.restingPids()),
    work,
  );
