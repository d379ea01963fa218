import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { withServers } from '../test/with-servers.js';
import type { Benchmark, Figure } from './benchmark.js';
import { largeBaskets } from './large-baskets.js';

/**
 * `npm run bench -- NAME… [--json FILE]`: each benchmark compares two solutions in one run, on servers of its own. Only
 * the ratio counts. Without a name all benchmarks run.
 */

const benchmarks: Readonly<Record<string, Benchmark>> = { 'large-baskets': largeBaskets };

const { positionals, values } = parseArgs({ allowPositionals: true, options: { json: { type: 'string' } } });
const unknown = positionals.filter((name) => !(name in benchmarks));
if (unknown.length > 0) {
  console.error(`No such benchmark: ${unknown.join(', ')}. There are: ${Object.keys(benchmarks).join(', ')}.`);
  process.exit(2);
}

const environment = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`;
const figures: Figure[] = [];
await withServers(async ({ env }) => {
  for (const [name, run] of Object.entries(benchmarks)) {
    if (positionals.length === 0 || positionals.includes(name)) figures.push(...(await run(env)));
  }
});
console.table(figures.map((figure) => ({ ...figure, ratio: Number(figure.ratio.toFixed(2)) })));
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
