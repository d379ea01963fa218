import { Command } from 'commander';
import { TopologyMismatch } from '../amqp/declare.js';
import { ConfigError, loadConfig } from '../config.js';
import { DomainError } from '../domain/errors.js';
import { StackError } from '../stack/index.js';
import { auditCommand } from './audit-command.js';
import { CommandError } from './command-error.js';
import { discardDeadLetters, listDeadLetters, redriveDeadLetters, showDeadLetter, withDeadLetters } from './dlq.js';
import { doctor } from './doctor.js';
import { dataDirOf, withServers } from './environment.js';
import { migrateDatabase, seedShop } from './seed.js';
import { start } from './start.js';
import { topologyCommand } from './topology.js';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const note = (line: string): void => void process.stderr.write(`${line}\n`);
const env = process.env;

const program = new Command('orders').description('From "Buy" to "Paid": checkout, queue, workflow.');

program
  .command('start')
  .description('bring everything up, play the story, serve until Ctrl-C')
  .option('--exit', 'stop after the story')
  .action(async ({ exit = false }: { exit?: boolean }) => {
    const interrupted = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => interrupted.abort(new Error(signal)));
    }
    const held = await start({ env, exit, say, signal: interrupted.signal });
    // Ctrl-C is how a served story ends; a story that was cut short has not held.
    process.exitCode = held || (!exit && interrupted.signal.aborted) ? 0 : 1;
  });

program
  .command('audit')
  .description('check the invariants against the database, the broker and Temporal')
  .option('--json', 'print the findings as JSON')
  .option('--repair', 'first end or start again what is left open, and say what was done')
  .action(async ({ json = false, repair = false }: { json?: boolean; repair?: boolean }) => {
    const clean = await withServers(env, ['MYSQL_URL', 'AMQP_URL', 'TEMPORAL_ADDRESS'], async (found, { started }) => {
      if (started) await migrateDatabase(loadConfig(found, ['MYSQL_URL']).MYSQL_URL);
      return await auditCommand(found, { json, repair, say, note });
    });
    process.exitCode = clean ? 0 : 1;
  });

program
  .command('doctor')
  .description('look at each address and port the system needs')
  .action(async () => {
    process.exitCode = (await doctor({ dataDir: dataDirOf(env), env, out: say })) ? 0 : 1;
  });

program
  .command('topology')
  .description('declare the queues, exchanges and bindings')
  .option('--check', 'only compare, and change nothing')
  .action(async ({ check = false }: { check?: boolean }) => {
    const same = await withServers(env, ['AMQP_URL'], (found) => topologyCommand(found, { check, say }));
    process.exitCode = same ? 0 : 1;
  });

program
  .command('migrate')
  .description('bring the database schema up to date')
  .action(() =>
    withServers(env, ['MYSQL_URL'], async (found) => {
      say(`${await migrateDatabase(loadConfig(found, ['MYSQL_URL']).MYSQL_URL)} migrations ran`);
    }),
  );

program
  .command('seed')
  .description('add a small shop to try things with; what is there stays as it is')
  .action(() =>
    withServers(env, ['MYSQL_URL'], async (found) => {
      say(`${await seedShop(loadConfig(found, ['MYSQL_URL']).MYSQL_URL)} products added`);
    }),
  );

const dlq = program.command('dlq').description('the dead-letter queue: look, send back, remove');
const onDeadLetters = <T>(work: Parameters<typeof withDeadLetters<T>>[1]): Promise<T> =>
  withServers(env, ['AMQP_URL'], async (found, { started }) => {
    if (started) await topologyCommand(found, { check: false, say: note });
    return await withDeadLetters(found, work);
  });

dlq
  .command('list')
  .description('every dead letter, with its reason, attempts and last failure')
  .option('--json', 'print them as JSON, with their bodies')
  .action(({ json = false }: { json?: boolean }) =>
    onDeadLetters((letters) => listDeadLetters(letters, { json, say })),
  );

dlq
  .command('show <id>')
  .description('one dead letter, whole')
  .action(async (id: string) => {
    process.exitCode = (await onDeadLetters((letters) => showDeadLetter(letters, id, say))) ? 0 : 1;
  });

dlq
  .command('redrive [ids...]')
  .description('send dead letters back to the queue they failed in')
  .option('--all', 'all that are there now')
  .action(async (ids: string[], { all = false }: { all?: boolean }) => {
    if (all === ids.length > 0) throw new ConfigError('Name the dead letters to redrive, or say --all.');
    process.exitCode = (await onDeadLetters((letters) => redriveDeadLetters(letters, all ? undefined : ids, say)))
      ? 0
      : 1;
  });

dlq
  .command('discard <ids...>')
  .description('remove dead letters for good')
  .action(async (ids: string[]) => {
    process.exitCode = (await onDeadLetters((letters) => discardDeadLetters(letters, ids, say))) ? 0 : 1;
  });

try {
  await program.parseAsync();
} catch (error) {
  const expected = [ConfigError, StackError, TopologyMismatch, DomainError, CommandError].some(
    (type) => error instanceof type,
  );
  process.stderr.write(`${expected ? (error as Error).message : (error as Error).stack}\n`);
  process.exitCode = 1;
}
// All is done and told: a connection to a server that is away must not keep the command from its end.
process.stdout.write('', () => process.exit());
