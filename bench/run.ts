import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { withServers } from '../test/with-servers.js';
import type { Benchmark, Figure } from './benchmark.js';
import { largeBaskets } from './large-baskets.js';
import { pay } from './pay.js';
import { settle } from './settle.js';

/**
 * `npm run bench -- NAME… [--json FILE]`: each benchmark compares two solutions in one run, on servers of its own. Only
 * the ratio counts. Without a name all benchmarks run.
 */

const benchmarks: Readonly<Record<string, Benchmark>> = { 'large-baskets': largeBaskets, settle, pay };

const { positionals, values } = parseArgs({ allowPositionals: true, options: { json: { type: 'string' } } });
const unknown = positionals.filter((name) => !(name in benchmarks));
if (unknown.length > 0) {
  console.error(`No such benchmark: ${unknown.join(', ')}. There are: ${Object.keys(benchmarks).join(', ')}.`);
  process.exit(2);
}

const rounded = (value: number): number => Number(value.toPrecision(3));

const environment = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`;
const figures: Figure[] = [];
await withServers(
  async ({ env }) => {
    for (const [name, run] of Object.entries(benchmarks)) {
      if (positionals.length === 0 || positionals.includes(name)) figures.push(...(await run(env)));
    }
  },
  { durable: true },
);
console.table(
  figures.map((figure) => ({
    ...figure,
    ours: rounded(figure.ours),
    baseline: rounded(figure.baseline),
    ratio: rounded(figure.ratio),
  })),
);
if (values.json !== undefined) {
  writeFileSync(
    values.json,
    `${JSON.stringify(
      figures.map((figure) => ({ ...figure, environment })),
      null,
      2,
    )}\n`,
  );
}
