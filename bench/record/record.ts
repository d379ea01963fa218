import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchmarks } from '../benchmarks.js';
import { withFigures } from './page.js';
import { drawPictures } from './pictures.js';
import { type Recorded, readRecorded, root, writeRecorded } from './recorded.js';

/** Keeps the figures of a run under bench/results, and writes the page and its pictures anew. */
export async function record(name: string, recorded: Recorded): Promise<void> {
  writeRecorded(name, recorded);
  await writePage();
}

/** Writes docs/performance.md and its pictures from the recorded figures. */
export async function writePage(): Promise<void> {
  const all = allRecorded();
  const page = join(root, 'docs', 'performance.md');
  writeFileSync(page, withFigures(readFileSync(page, 'utf8'), all));
  for (const [file, svg] of await drawPictures(all)) writeFileSync(join(root, 'docs', 'images', file), svg);
}

/** The benchmarks that were recorded, in the order of the page. */
export const allRecorded = () =>
  Object.entries(benchmarks).flatMap(([name, { work, comparedWith }]) => {
    const recorded = readRecorded(name);
    return recorded === undefined ? [] : [{ name, work, comparedWith, ...recorded }];
  });
