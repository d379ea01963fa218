import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createDatabase } from '../test/helpers/servers.js';
import { withServers } from '../test/with-servers.js';
import { checkout } from './checkout.js';
import type { Benchmark, Figure } from './harness/figure.js';
import { environment, printed } from './harness/report.js';
import { largeBaskets } from './large-baskets.js';
import { order } from './order.js';
import { pay } from './pay.js';
import { settle } from './settle.js';

/**
 * `npm run bench -- NAME… [--json FILE]`: each benchmark compares two solutions in one run, on servers of its own. Only
 * the ratio counts. Without a name all benchmarks run.
 */

const benchmarks: Readonly<Record<string, Benchmark>> = { 'large-baskets': largeBaskets, settle, pay, order, checkout };

const { positionals, values } = parseArgs({ allowPositionals: true, options: { json: { type: 'string' } } });
const unknown = positionals.filter((name) => !(name in benchmarks));
if (unknown.length > 0) {
  console.error(`No such benchmark: ${unknown.join(', ')}. There are: ${Object.keys(benchmarks).join(', ')}.`);
  process.exit(2);
}

const figures: Figure[] = [];
const names = positionals.length === 0 ? Object.keys(benchmarks) : positionals;
await withServers(
  async ({ env, pids }) => {
    // The helpers that create a database or start a whole system read the addresses of the servers from the environment of this process.
    Object.assign(process.env, env);
    for (const [index, name] of names.entries()) {
      console.log(`${name} (${index + 1} of ${names.length}) …`);
      const database = await createDatabase();
      figures.push(...((await benchmarks[name]?.({ env: { ...env, TEST_MYSQL_URL: database.url }, pids })) ?? []));
      await database.drop();
    }
  },
  { durable: true },
);
console.log(printed(figures));
if (values.json !== undefined) {
  const withEnvironment = figures.map((figure) => ({ ...figure, environment: environment() }));
  writeFileSync(values.json, `${JSON.stringify(withEnvironment, null, 2)}\n`);
}
