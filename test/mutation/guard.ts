import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildCopy } from './build-copy.js';

/** Code that keeps a rule, the code without this guard, and the test that must then fail. */
export interface Guard {
  readonly name: string;
  /** Is in the built file exactly once. */
  readonly text: string;
  readonly without: string;
  /** A test's file below `test/`, without its ending, and its title. */
  readonly test: readonly [file: string, title: string];
}

/** The guards of one file of the build. */
export interface GuardedFile {
  readonly file: string;
  readonly guards: readonly Guard[];
}

/** @throws when the guard's text is not in the file, or not unique: the list must name exactly what is removed */
export function withoutGuard(source: string, { name, text, without }: Guard): string {
  const times = source.split(text).length - 1;
  if (times !== 1) throw new Error(`the guard “${name}” stands ${times} times in its file instead of once: ${text}`);
  return source.replace(text, () => without);
}

/** Removes the guard from the copy while `work` runs. */
export async function withoutGuardIn<T>(
  { folder }: BuildCopy,
  file: string,
  guard: Guard,
  work: () => Promise<T>,
): Promise<T> {
  const path = join(folder, 'dist', file);
  const whole = readFileSync(path, 'utf8');
  writeFileSync(path, withoutGuard(whole, guard));
  try {
    return await work();
  } finally {
    writeFileSync(path, whole);
  }
}
