import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { StackContext } from '../../src/stack/context.js';
import { runStep } from '../../src/stack/server-process.js';

// The sources of a peer are not compiled: Node runs them as they are.
export const root = resolve(import.meta.dirname, '..', '..', '..');

export const folderOf = (peer: string): string => join(root, 'bench', 'peers', peer);

/** Installs what the peer's lockfile names, unless the same lockfile is installed already. */
export async function install(context: StackContext, peer: string): Promise<void> {
  const folder = folderOf(peer);
  const digest = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');
  const stamp = join(folder, 'node_modules', '.installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  context.say(`installing the packages of ${peer} …`);
  const npm = ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'];
  await runStep(context, { name: `npm-${peer}`, file: 'npm', args: npm });
  writeFileSync(stamp, digest);
}

/** The lines of TypeScript that are neither empty nor only a comment. */
export function linesIn(folder: string, folders: readonly string[]): number {
  const files = folders.flatMap((name) => globSync(join(folder, name, '**', '*.ts')));
  const lines = files.flatMap((file) => readFileSync(file, 'utf8').split('\n'));
  return lines.map((line) => line.trim()).filter((line) => line !== '' && !/^(\/\/|\/\*|\*)/.test(line)).length;
}
