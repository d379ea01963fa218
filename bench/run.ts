import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createDatabase } from '../test/helpers/servers.js';
import { withServers } from '../test/with-servers.js';
import { benchmarks } from './benchmarks.js';
import type { Figure } from './harness/figure.js';
import { environmentOf, printed } from './harness/report.js';
import { record } from './record/record.js';

/**
 * `npm run bench -- NAME… [--json FILE] [--record]`: each benchmark compares two solutions in one run, on servers of its
 * own. Only the ratio counts. Without a name all benchmarks run. `--record` writes the figures to docs/performance.md.
 */

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' }, record: { type: 'boolean', default: false } },
});
const unknown = positionals.filter((name) => !(name in benchmarks));
if (unknown.length > 0) {
  console.error(`No such benchmark: ${unknown.join(', ')}. There are: ${Object.keys(benchmarks).join(', ')}.`);
  process.exit(2);
}

const figures: (Figure & { readonly environment: string })[] = [];
const names = positionals.length === 0 ? Object.keys(benchmarks) : positionals;
await withServers(
  async ({ env, servers }) => {
    // The helpers that create a database or start a whole system read the addresses of the servers from the environment
    // of this process.
    Object.assign(process.env, env);
    const pids = Object.fromEntries(servers.flatMap(({ name, pid }) => (pid === undefined ? [] : [[name, pid]])));
    const environment = environmentOf(servers);
    for (const [index, name] of names.entries()) {
      console.log(`${name} (${index + 1} of ${names.length}) …`);
      const database = await createDatabase();
      const measured = await benchmarks[name]?.run({ env: { ...env, TEST_MYSQL_URL: database.url }, pids });
      await database.drop();
      if (measured === undefined) continue;
      if (values.record) await record(name, { at: new Date().toISOString(), environment, figures: measured });
      figures.push(...measured.map((figure) => ({ ...figure, environment })));
    }
  },
  { durable: true },
);
console.log(printed(figures));
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
