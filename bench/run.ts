import { writeFileSync } from 'node:fs';
import { Argument, Command } from 'commander';
import { createDatabase } from '../test/helpers/servers.js';
import { withServers } from '../test/with-servers.js';
import { benchmarks } from './benchmarks.js';
import type { Figure } from './harness/figure.js';
import { regressions } from './harness/regressions.js';
import { environmentOf, printed } from './harness/report.js';
import { record, writePage } from './record/record.js';

/** `npm run bench`: each benchmark compares two solutions in one run, on servers of its own. Only the ratio counts. */

const command = new Command('npm run bench --')
  .addArgument(new Argument('[names...]', 'the benchmarks; all without a name').choices(Object.keys(benchmarks)))
  .option('--json <file>', 'write the figures to this file')
  .option('--record', 'write the figures to docs/performance.md')
  .option(
    '--check',
    'fail when a ratio is clearly below its least value; without names, run the benchmarks with such a value',
  )
  .option('--page', 'measure nothing; write docs/performance.md anew, after a change of its words')
  .option('--profile', 'print what the API spends its CPU time on instead of the figures; for checkout')
  .parse();
const options = command.opts<{ json?: string; record?: true; check?: true; page?: true; profile?: true }>();

if (options.page) {
  await writePage();
  process.exit();
}

const figures: (Figure & { readonly environment: string })[] = [];
const worse: string[] = [];
const chosen = Object.entries(benchmarks).filter(([name, { floor, profile }]) => {
  if (command.args.length > 0) return command.args.includes(name);
  return (!options.check || floor !== undefined) && (!options.profile || profile !== undefined);
});
await withServers(
  async ({ env, servers, signal }) => {
    // The helpers that create a database or start a whole system read the addresses of the servers from the environment
    // of this process.
    Object.assign(process.env, env);
    const pids = Object.fromEntries(servers.flatMap(({ name, pid }) => (pid === undefined ? [] : [[name, pid]])));
    const environment = environmentOf(servers);
    for (const [index, [name, { run, floor, profile }]] of chosen.entries()) {
      signal.throwIfAborted();
      console.log(`${name} (${index + 1} of ${chosen.length}) …`);
      if (options.profile) {
        if (profile === undefined) throw new Error(`${name} has no profile`);
        await profile();
        continue;
      }
      const database = await createDatabase();
      const measured = await run({ env: { ...env, TEST_MYSQL_URL: database.url }, pids });
      await database.drop();
      console.log(printed(measured));
      if (options.record) await record(name, { at: new Date().toISOString(), environment, figures: measured });
      if (options.check && floor !== undefined) worse.push(...regressions(measured, floor));
      figures.push(...measured.map((figure) => ({ ...figure, environment })));
    }
  },
  { durable: true },
);
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(figures, null, 2)}\n`);
if (worse.length > 0) {
  console.error(worse.join('\n'));
  process.exitCode = 1;
}
