import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runInGroup } from '../run-in-group.js';
import type { Servers } from '../with-servers.js';

/** A copy of the build for changed code and its tests: the build itself stays unchanged. */
export interface BuildCopy {
  readonly folder: string;
  /** Runs this Node in the copy. @returns its exit code and its output */
  readonly run: (args: readonly string[], onLine?: (line: string) => void) => Promise<[code: number | null, string[]]>;
}

const root = resolve(import.meta.dirname, '..', '..', '..');

/** The path of ava's command line in a copy. */
export const AVA = join('node_modules', 'ava', 'entrypoints', 'cli.js');

export function copyBuild({ folder: parent, env, signal }: Servers, name: string): BuildCopy {
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

/** Handles a list, one item at a time on each copy. @returns the results in the list's order */
export async function onCopies<Item, Result>(
  copies: readonly BuildCopy[],
  items: readonly Item[],
  work: (copy: BuildCopy, item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  await Promise.all(
    copies.map(async (copy) => {
      for (const [index, item] of queue) results[index] = await work(copy, item);
    }),
  );
  return results;
}
