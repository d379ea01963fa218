import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { asAbsent, readJsonFile, writeAtomically } from './json-file.js';

export interface PortBook {
  /** Returns the ports of earlier runs where they are still free, so that links keep working; else other ports. */
  take(names: readonly string[]): Promise<number[]>;
  /** Forgets ports that another process has bound first. */
  forget(names: readonly string[]): void;
}

// Below the range from which systems choose the ports of outgoing connections (32768 on Linux, 49152 elsewhere).
const lowest = 20_000;
const highest = 32_000;

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

const ports = z.record(z.string(), z.int().min(1).max(65_535));

export function openPortBook(dataDir: string): PortBook {
  const path = join(dataDir, 'ports.json');
  const known = readJsonFile(path, ports, asAbsent) ?? {};
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
