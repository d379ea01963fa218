import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { z } from 'zod';

/**
 * The content of one of our files; undefined where the file is missing.
 *
 * @param whenDamaged returns the content for a file that is not JSON or has another shape, such as the empty file that
 *   a power failure or a full disk leaves
 */
export function readJsonFile<T>(path: string, schema: z.ZodType<T>, whenDamaged: () => T | undefined): T | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const read = schema.safeParse(parsed(text));
  return read.success ? read.data : whenDamaged();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** For a file that the next start makes again: a damaged file counts as missing. */
export const asAbsent = (): undefined => undefined;

/** Writes a file that is on the disk when this returns: a name without its content could survive a power failure. */
const writeDurably = (path: string, content: string): void =>
  writeFileSync(path, content, { mode: 0o600, flush: true });

/** Writes a file so that a reader sees either the old or the new content, also after a power failure. */
export function writeAtomically(path: string, content: string): void {
  const draft = `${path}.draft-${randomUUID()}`;
  writeDurably(draft, content);
  renameSync(draft, path);
}
