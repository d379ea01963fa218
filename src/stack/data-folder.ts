import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const readyMark = '.ready';

/**
 * Makes a server's data folder under another name and renames it when it is complete. After a start that was killed
 * half-way the next start therefore makes the folder again and does not use a partial folder.
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

/** For a server that makes its data folder itself: the folder of a server that has never answered is deleted. */
export function openOrDiscard(folder: string): { markReady(): void } {
  const mark = join(folder, readyMark);
  if (!existsSync(mark)) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return { markReady: () => writeFileSync(mark, '') };
}

/** Written by a stack with its own database, also where the rows are elsewhere, as in a volume of Docker. */
const databaseMark = 'has-database';

export const markDatabase = (dataDir: string): void => writeFileSync(join(dataDir, databaseMark), '');

/**
 * Whether an earlier stack of this folder had its own database. Earlier versions wrote no mark: the folder `mysql` of
 * their private server shows it.
 */
export const hasDatabase = (dataDir: string): boolean =>
  [databaseMark, 'mysql'].some((name) => existsSync(join(dataDir, name)));
