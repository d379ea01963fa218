import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const readyMark = '.ready';

/**
 * Makes a server's data folder aside and renames it when it is whole, so that a start killed half way is repeated
 * instead of trusted.
 */
export async function makeOnce(folder: string, make: (draft: string) => Promise<void>): Promise<void> {
  const parent = dirname(folder);
  const draftPrefix = `${basename(folder)}.draft`;
  for (const entry of readdirSync(parent)) {
    if (entry.startsWith(draftPrefix)) rmSync(join(parent, entry), { recursive: true, force: true });
  }
  if (existsSync(folder)) return;
  const draft = join(parent, draftPrefix);
  await make(draft);
  renameSync(draft, folder);
}

/** The same for a server that makes its own folder in place: one that never answered is thrown away. */
export function openOrDiscard(folder: string): { markReady(): void } {
  const mark = join(folder, readyMark);
  if (!existsSync(mark)) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return { markReady: () => writeFileSync(mark, '') };
}

/** Left by a stack whose database was its own, also where the rows are not in this folder, as in a volume of Docker. */
const databaseMark = 'has-database';

export const markDatabase = (dataDir: string): void => writeFileSync(join(dataDir, databaseMark), '');

/** Whether an earlier stack of this folder had a database of its own; before the mark, a private one left its rows. */
export const hasDatabase = (dataDir: string): boolean =>
  [databaseMark, 'mysql'].some((name) => existsSync(join(dataDir, name)));
