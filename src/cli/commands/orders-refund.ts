import { randomUUID } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import type { Pool } from '../../db/driver/pool.js';
import type { RefundLine } from '../../domain/order-refund.js';
import { EXPECTED_SKU, toSku } from '../../domain/sku.js';
import { accountName } from '../../stack/account-name.js';
import { withServers } from '../with-servers.js';
import { type CommandContext, exitWith } from './command-context.js';
import { orderId } from './order-options.js';
import { key, LONGEST_NAME, LONGEST_REASON, text, wholeNumber } from './stock-options.js';

interface Flags {
  readonly amount?: number;
  readonly line?: readonly RefundLine[];
  readonly all?: true;
  readonly restock?: boolean;
  readonly reason?: string;
  readonly by?: string;
  readonly key?: string;
  readonly json?: boolean;
  readonly dryRun?: boolean;
}

/** What goes back of a paid order. One order in each run: no selection can say what goes back of each. */
export function addRefund(orders: Command, { env, say, toStderr }: CommandContext): void {
  const onOrder = async <T>(work: (pool: Pool) => Promise<T>): Promise<T> => {
    const { withPayments } = await import('../payments.js');
    return await withServers(env, { needed: ['MYSQL_URL'], makes: false }, (found) => withPayments(found, work));
  };
  orders
    .command('refund')
    .description('send back a paid order, or a part of it: an amount, lines, or all that is left')
    .argument('<id>', 'its id', orderId)
    .option('--amount <number>', 'in minor units; with --line, in place of the price of the lines', wholeNumber(0))
    .option('--line <sku=quantity>', 'units of the order; may be given several times', line)
    .option('--all', 'all money and all units that are left')
    .option('--restock', 'the units go back to the shelf')
    .option('--reason <text>', 'why', text('--reason', LONGEST_REASON))
    .option('--by <name>', 'who refunds; your account here, if not given', text('--by', LONGEST_NAME))
    .option('--key <key>', 'the same key again changes nothing; a new key is printed, if not given', key)
    .option('--dry-run', 'print what would go back, and change nothing')
    .option('--json', 'print the result as JSON')
    .action(async (id: string, flags: Flags, command: Command) => {
      checkFlags(command, flags);
      const { amount, line: lines, all, restock = false, reason = null, by = accountName() } = flags;
      const { json = false, dryRun = false } = flags;
      const idempotencyKey = flags.key ?? randomUUID();
      // Before the change, so that a person can repeat a command that was interrupted.
      if (flags.key === undefined && !dryRun)
        toStderr(`To repeat this command and change nothing twice: --key ${idempotencyKey}`);
      const asked = { orderId: id, amount, lines, all, restock, reason, by, idempotencyKey };
      const { refundCommand } = await import('../orders-refund.js');
      exitWith(await onOrder((pool) => refundCommand(pool, asked, { json, dryRun, say })));
    });
}

/** As the operators' route refuses them. */
function checkFlags(command: Command, { amount, line: lines, all, restock }: Flags): void {
  if (all === undefined && lines === undefined && amount === undefined)
    command.error('error: expected what goes back: --amount, --line or --all');
  if (all && (amount !== undefined || lines !== undefined))
    command.error("error: option '--all': expected neither --amount nor --line beside it");
  if (restock && all === undefined && lines === undefined)
    command.error("error: option '--restock': expected only with --line or --all");
  if (amount === 0 && !restock)
    command.error("error: option '--amount <number>': expected more than 0, where no units go back to the shelf");
}

/** A SKU may have a `=`, so the last one counts. */
function line(given: string, before: readonly RefundLine[] = []): RefundLine[] {
  const [, written = '', units = ''] = /^(.*)=(\d{1,7})$/su.exec(given) ?? [];
  const [sku, quantity] = [toSku(written), Number(units)];
  if (sku !== undefined && quantity >= 1 && quantity <= 1_000_000) return [...before, { sku, quantity }];
  throw new InvalidArgumentError(`Expected SKU=QUANTITY, such as mug-red=1. ${EXPECTED_SKU}.`);
}
