import type { Command } from 'commander';
import { withServers } from '../with-servers.js';
import { type CommandContext, exitWith } from './command-context.js';
import { moment } from './moment.js';

interface AuditFlags {
  readonly json?: boolean;
  readonly repair?: boolean;
  readonly archived?: boolean;
  readonly since?: Date;
}

export function addAudit(orders: Command, { env, say, toStderr }: CommandContext): void {
  orders
    .command('audit')
    .description('check the invariants against the database, the broker and Temporal')
    .option('--json', 'print the findings as JSON')
    .option('--repair', 'first end or start again what is left open, and say what was done')
    .option(
      '--since <time>',
      'compare also the workflows that ended after this ISO 8601 time, as after a restore',
      moment,
    )
    .option('--archived', 'audit all archived orders too, and not only a part of them')
    .action(async ({ json = false, repair = false, archived = false, since }: AuditFlags) => {
      const { auditCommand, auditVariables } = await import('../audit-command.js');
      const needed = ['MYSQL_URL', 'AMQP_URL', 'TEMPORAL_ADDRESS'] as const;
      const clean = await withServers(env, { needed, makes: false, reads: auditVariables }, (found) =>
        auditCommand(found, { json, repair, archived, since, say, toStderr }),
      );
      exitWith(clean);
    });
}
