import type { Command } from 'commander';
import { loadConfig } from '../../config/config.js';
import { auditCommand } from '../audit-command.js';
import { withServers } from '../environment.js';
import { migrateDatabase } from '../seed.js';
import { type CommandContext, exitWith } from './command-context.js';

export function addAudit(program: Command, { env, say, note }: CommandContext): void {
  program
    .command('audit')
    .description('check the invariants against the database, the broker and Temporal')
    .option('--json', 'print the findings as JSON')
    .option('--repair', 'first end or start again what is left open, and say what was done')
    .action(async ({ json = false, repair = false }: { json?: boolean; repair?: boolean }) => {
      const clean = await withServers(
        env,
        ['MYSQL_URL', 'AMQP_URL', 'TEMPORAL_ADDRESS'],
        async (found, { started }) => {
          if (started) await migrateDatabase(loadConfig(found, ['MYSQL_URL']).MYSQL_URL);
          return await auditCommand(found, { json, repair, say, note });
        },
      );
      exitWith(clean);
    });
}
