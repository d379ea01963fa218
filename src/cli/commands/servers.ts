import type { Command } from 'commander';
import { loadConfig } from '../../config/config.js';
import { dataDirOf } from '../data-dir.js';
import { withServers } from '../with-servers.js';
import { type CommandContext, exitWith } from './command-context.js';

/** The commands that look at the servers, or make them ready. */
export function addServers(orders: Command, { env, say }: CommandContext): void {
  const sayRan = (name: string): void => say(`migration ${name} ran`);
  orders
    .command('doctor')
    .description('look at each address and port the system needs')
    .action(async () => {
      const { doctor } = await import('../doctor.js');
      exitWith(await doctor({ dataDir: dataDirOf(env), env, out: say }));
    });

  orders
    .command('topology')
    .description('declare the queues, exchanges and bindings')
    .option('--check', 'only compare, and change nothing')
    .action(async ({ check = false }: { check?: boolean }) => {
      const { topologyCommand, topologyVariables } = await import('../topology.js');
      const needs = { needed: ['AMQP_URL'], makes: !check, reads: topologyVariables } as const;
      exitWith(await withServers(env, needs, (found) => topologyCommand(found, { check, say })));
    });

  orders
    .command('migrate')
    .description('bring the database schema up to date')
    .action(() =>
      withServers(env, { needed: ['MYSQL_URL'], makes: true }, async (found) => {
        const { migrateDatabase } = await import('../seed.js');
        say(`${await migrateDatabase(loadConfig(found, ['MYSQL_URL']).MYSQL_URL, sayRan)} migrations ran`);
      }),
    );

  orders
    .command('seed')
    .description('add a small shop to try things with; what is there stays as it is')
    .action(() =>
      withServers(env, { needed: ['MYSQL_URL'], makes: true }, async (found) => {
        const { seedShop } = await import('../seed.js');
        say(`${await seedShop(loadConfig(found, ['MYSQL_URL']).MYSQL_URL, sayRan)} products added`);
      }),
    );
}
