import { Command } from 'commander';
import { version } from '../config/version.js';
import { addAudit } from './commands/audit.js';
import type { CommandContext } from './commands/command-context.js';
import { addDlq } from './commands/dlq.js';
import { addHelp } from './commands/help-texts.js';
import { addPayments } from './commands/payments.js';
import { addServers } from './commands/servers.js';
import { addStart } from './commands/start.js';
import { addTemporal } from './commands/temporal.js';

/**
 * All of `orders`, not parsed yet. A command loads what it does only when it is asked for: most need the client of one
 * server of the three.
 */
export function createProgram(context: CommandContext): Command {
  const program = new Command('orders')
    .description('From "Buy" to "Paid": checkout, queue, workflow.')
    .version(version, '--version', 'print the version');
  for (const add of [addStart, addAudit, addServers, addTemporal, addDlq, addPayments]) add(program, context);
  addHelp(program);
  return program;
}
