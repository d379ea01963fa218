import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Figure } from '../harness/figure.js';

/** The last recorded run of a benchmark. */
export interface Recorded {
  /** A time of ISO 8601. */
  readonly at: string;
  readonly environment: string;
  readonly figures: readonly Figure[];
}

/** The folder of the sources, also from the compiled program. */
export const root = join(import.meta.dirname, '..', '..', '..');

const fileOf = (name: string): string => join(root, 'bench', 'results', `${name}.json`);

export function readRecorded(name: string): Recorded | undefined {
  return existsSync(fileOf(name)) ? JSON.parse(readFileSync(fileOf(name), 'utf8')) : undefined;
}

export function writeRecorded(name: string, recorded: Recorded): void {
  writeFileSync(fileOf(name), `${JSON.stringify(recorded, null, 2)}\n`);
}
