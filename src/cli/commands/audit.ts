import { type Command, Option } from 'commander';
import type { auditLedgerCommand } from '../audit-ledger.js';
import { CommandError } from '../command-error.js';
import { withServers } from '../with-servers.js';
import { type CommandContext, exitWith } from './command-context.js';
import { moment } from './moment.js';

interface AuditFlags {
  readonly json?: boolean;
  readonly repair?: boolean;
  readonly archived?: boolean;
  readonly since?: Date;
  readonly ledger?: boolean;
  readonly until?: Date;
  readonly provider?: string;
}

export function addAudit(orders: Command, { env, say, toStderr }: CommandContext): void {
  orders
    .command('audit')
    .description('check the invariants against the database, the broker and Temporal')
    .option('--json', 'print the findings as JSON')
    .option('--repair', 'first end or start again what is left open, and say what was done')
    .option(
      '--since <time>',
      'compare also the workflows that ended after this ISO 8601 time, as after a restore; with --ledger: from this time on',
      moment,
    )
    .option('--archived', 'audit all archived orders too, and not only a part of them')
    .addOption(
      new Option('--ledger', 'compare only what the payment providers list with our books').conflicts([
        'repair',
        'archived',
      ]),
    )
    .option('--until <time>', 'with --ledger: before this ISO 8601 time; five minutes ago, if not given', moment)
    .option('--provider <name>', 'with --ledger: only this provider')
    .action(async ({ json = false, repair = false, archived = false, since, ledger, ...more }: AuditFlags) => {
      if (ledger) return exitWith(await ofLedger(env, { json, since, ...more, say, toStderr }));
      if (more.until !== undefined || more.provider !== undefined)
        throw new CommandError('--until and --provider belong to orders audit --ledger.');
      const { auditCommand, auditVariables } = await import('../audit-command.js');
      const needed = ['MYSQL_URL', 'AMQP_URL', 'TEMPORAL_ADDRESS'] as const;
      const clean = await withServers(env, { needed, makes: false, reads: auditVariables }, (found) =>
        auditCommand(found, { json, repair, archived, since, say, toStderr }),
      );
      exitWith(clean);
    });
}

async function ofLedger(env: NodeJS.ProcessEnv, options: Parameters<typeof auditLedgerCommand>[1]): Promise<boolean> {
  const { auditLedgerCommand: command, ledgerVariables } = await import('../audit-ledger.js');
  const needs = { needed: ['MYSQL_URL'], makes: false, reads: ledgerVariables } as const;
  return await withServers(env, needs, (found) => command(found, options));
}
