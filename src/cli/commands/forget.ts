import { type Command, InvalidArgumentError } from 'commander';
import type { Customer } from '../../domain/customer.js';
import { EXPECTED_CUSTOMER, toCustomer } from '../../domain/customer.js';
import { withServers } from '../with-servers.js';
import { type CommandContext, exitWith } from './command-context.js';
import { orderId, value } from './order-options.js';

interface Flags {
  readonly customer?: NonNullable<Customer>;
  readonly order?: readonly string[];
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly dryRun?: boolean;
}

const MOST_ORDERS = 1_000;

/** Forgetting: what names a customer is overwritten, and amounts stay. */
export function addForget(orders: Command, { env, say, toStderr }: CommandContext): void {
  orders
    .command('forget')
    .description('overwrite the personal data of a customer, or of single orders; amounts and stock stay')
    .option(
      '--customer <id>',
      'all ended orders of this customer: the userId of the checkout, a number or a text',
      value(toCustomer, `${EXPECTED_CUSTOMER}; the orders of a guest have no such id: name them by --order`),
    )
    .option('--order <id>', 'this order, such as the order of a guest; may be repeated', collect)
    .option('--yes', 'do not ask')
    .option('--dry-run', 'print what would be overwritten in each table, and change nothing')
    .option('--json', 'print the result as JSON')
    .action(async ({ customer, order, yes = false, json = false, dryRun = false }: Flags, command: Command) => {
      if ((customer === undefined) === (order === undefined))
        command.error('error: expected either --customer <id>, or --order <id> for single orders, as those of a guest');
      const { forgetOn, forgetVariables } = await import('../forget-servers.js');
      const { confirmer } = await import('../confirm.js');
      const whose = customer === undefined ? { orderIds: [...new Set(order)] } : { customer };
      const options = { json, dryRun, yes, ask: confirmer(), say, toStderr };
      const needed = ['MYSQL_URL', 'AMQP_URL', 'TEMPORAL_ADDRESS'] as const;
      exitWith(
        await withServers(env, { needed, makes: false, reads: forgetVariables }, (found) =>
          forgetOn(found, whose, options),
        ),
      );
    });
}

const collect = (text: string, before: readonly string[] = []): string[] => {
  if (before.length === MOST_ORDERS) throw new InvalidArgumentError(`Expected at most ${MOST_ORDERS} orders.`);
  return [...before, orderId(text)];
};
