import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { writeAtomically } from './process-lock.js';

export interface PortBook {
  /** The ports of earlier runs where they are still free, so that links keep working; others where not. */
  take(names: readonly string[]): Promise<number[]>;
  /** Forgets ports that another process was quicker to bind. */
  forget(names: readonly string[]): void;
}

// Below the range from which systems give outgoing connections their own ports, and so not lost to one of them.
const lowest = 20_000;
const highest = 32_000;

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

function remembered(path: string): Record<string, number> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, number>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

export function openPortBook(dataDir: string): PortBook {
  const path = join(dataDir, 'ports.json');
  const known = remembered(path);
  const save = () => writeAtomically(path, `${JSON.stringify(known, null, 2)}\n`);

  async function choose(): Promise<number> {
    for (;;) {
      const port = randomInt(lowest, highest);
      if (!Object.values(known).includes(port) && (await isFree(port))) return port;
    }
  }

  return {
    async take(names) {
      const ports: number[] = [];
      for (const name of names) {
        const last = known[name];
        const port = last !== undefined && (await isFree(last)) ? last : await choose();
        known[name] = port;
        ports.push(port);
      }
      save();
      return ports;
    },
    forget(names) {
      for (const name of names) delete known[name];
      save();
    },
  };
}
