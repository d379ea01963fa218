import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runInGroup } from '../run-in-group.js';
import type { Servers } from '../with-servers.js';

/** A copy of the build for changed code and its tests: the build itself stays unchanged. */
export interface Bench {
  readonly folder: string;
  /** Runs this Node in the copy. @returns its exit code and its output */
  readonly run: (args: readonly string[], onLine?: (line: string) => void) => Promise<[code: number | null, string[]]>;
}

const root = resolve(import.meta.dirname, '..', '..', '..');

/** ava as a bench runs it. */
export const AVA = join('node_modules', 'ava', 'entrypoints', 'cli.js');

export function openBench({ folder: parent, env, signal }: Servers, name: string): Bench {
  const folder = join(parent, name);
  mkdirSync(folder);
  for (const copied of ['dist', 'package.json']) cpSync(join(root, copied), join(folder, copied), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return {
    folder,
    async run(args, onLine) {
      const lines: string[] = [];
      const listen = (line: string) => {
        lines.push(line);
        onLine?.(line);
      };
      const code = await runInGroup(args, { cwd: folder, env, signal, onLine: listen, stderr: 'ignore' });
      signal.throwIfAborted();
      return [code, lines];
    },
  };
}

/** Handles a list, one item at a time on each bench. @returns the results in the list's order */
export async function onBenches<Item, Result>(
  benches: readonly Bench[],
  items: readonly Item[],
  work: (bench: Bench, item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  await Promise.all(
    benches.map(async (bench) => {
      for (const [index, item] of queue) results[index] = await work(bench, item);
    }),
  );
  return results;
}
