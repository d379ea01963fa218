import { Command } from 'commander';
import { version } from '../config/version.js';
import { addArchive } from './commands/archive.js';
import { addAudit } from './commands/audit.js';
import type { CommandContext } from './commands/command-context.js';
import { addDlq } from './commands/dlq.js';
import { addEndpoints } from './commands/endpoints.js';
import { addEvents } from './commands/events.js';
import { addForget } from './commands/forget.js';
import { addHelp } from './commands/help-texts.js';
import { addOrders } from './commands/orders.js';
import { addRefund } from './commands/orders-refund.js';
import { addPayments } from './commands/payments.js';
import { addProducts } from './commands/products.js';
import { addServers } from './commands/servers.js';
import { addStart } from './commands/start.js';
import { addStock } from './commands/stock.js';
import { addTemporal } from './commands/temporal.js';

/**
 * The command `orders` with its subcommands. A subcommand imports its code only when it runs: most of them need the
 * client of one server, and each client takes long to load.
 */
export function createOrdersCommand(context: CommandContext): Command {
  const orders = new Command('orders')
    .description('From "Buy" to "Paid": checkout, queue, workflow.')
    .version(version, '--version', 'print the version');
  const adding = [
    addStart,
    addOrders,
    addRefund,
    addArchive,
    addForget,
    addAudit,
    addServers,
    addTemporal,
    addDlq,
    addPayments,
    addProducts,
    addStock,
    addEndpoints,
    addEvents,
  ];
  for (const add of adding) add(orders, context);
  addHelp(orders);
  return orders;
}
