import { randomUUID } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import type { Pool } from '../../db/driver/pool.js';
import { EXPECTED_SKU, toSku } from '../../domain/sku.js';
import type { ChangeKind } from '../../domain/stock-change.js';
import { accountName } from '../../stack/account-name.js';
import { withServers } from '../with-servers.js';
import { type CommandContext, exitWith } from './command-context.js';
import { key, LONGEST_NAME, LONGEST_REASON, text, wholeNumber } from './stock-options.js';

interface Flags {
  readonly reason?: string;
  readonly reference?: string;
  readonly by?: string;
  readonly key?: string;
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly cancelNewestOrders?: boolean;
}

interface Subcommand {
  readonly name: string;
  readonly kind: ChangeKind;
  readonly what: string;
  readonly argument: readonly [name: string, description: string, parse: (given: string) => number];
  readonly mayCancel?: true;
}

const units = ['<quantity>', 'how many units', wholeNumber(1)] as const;

const subcommands: readonly Subcommand[] = [
  { name: 'receive', kind: 'received', what: 'units that came in', argument: units },
  {
    name: 'count',
    kind: 'counted',
    what: 'what lies on the shelf, the units of open orders included',
    argument: ['<units>', 'how many units lie there', wholeNumber(0)],
    mayCancel: true,
  },
  {
    name: 'correct',
    kind: 'corrected',
    what: 'a difference, such as +3 or -3',
    argument: ['<difference>', 'the units, with their sign', difference],
  },
  { name: 'lose', kind: 'lost', what: 'units that are broken or gone', argument: units, mayCancel: true },
  { name: 'return', kind: 'returned', what: 'units that came back from a buyer', argument: units },
];

/** The stock's ledger. */
export function addStock(orders: Command, { env, say, toStderr }: CommandContext): void {
  const stock = orders.command('stock').description("the ledger of the products' stock");
  const onStock = async <T>(work: (pool: Pool) => Promise<T>): Promise<T> => {
    const { withPayments } = await import('../payments.js');
    return await withServers(env, { needed: ['MYSQL_URL'], makes: false }, (found) => withPayments(found, work));
  };

  for (const { name, kind, what, argument, mayCancel } of subcommands) {
    const command = stock
      .command(name)
      .description(what)
      .argument('<sku>', 'the SKU of the product', sku)
      .argument(...argument)
      .option('--reason <text>', 'why', text('--reason', LONGEST_REASON))
      .option('--reference <text>', "the shop's own reference", text('--reference', LONGEST_NAME))
      .option('--by <name>', 'who changes it; your account here, if not given', text('--by', LONGEST_NAME))
      .option('--key <key>', 'the same key again changes nothing; a new key is printed, if not given', key)
      .option('--dry-run', 'print what would change, and change nothing')
      .option('--json', 'print the result as JSON');
    if (mayCancel) {
      command.option('--cancel-newest-orders', 'cancel the newest open orders that could no longer be met');
    }
    command.action(async (ofSku: string, quantity: number, { json = false, dryRun = false, ...flags }: Flags) => {
      const { reason = null, reference = null, by = accountName(), cancelNewestOrders = false } = flags;
      const idempotencyKey = flags.key ?? randomUUID();
      // Before the change, so that a person can repeat a command that was interrupted.
      if (flags.key === undefined && !dryRun)
        toStderr(`To repeat this command and change nothing twice: --key ${idempotencyKey}`);
      const asked = { sku: ofSku, kind, quantity, reason, reference, by, cancelNewestOrders, idempotencyKey };
      const { changeCommand } = await import('../stock.js');
      exitWith(await onStock((pool) => changeCommand(pool, asked, { json, dryRun, say })));
    });
  }

  stock
    .command('history')
    .description('the changes of the stock of a product, the newest first')
    .argument('<sku>', 'the SKU of the product', sku)
    .option('--before <id>', 'only the changes before the one with this id', wholeNumber(1))
    .option('--json', 'print them as JSON')
    .action(async (ofSku: string, { json = false, before }: { json?: boolean; before?: number }) => {
      const { historyCommand } = await import('../stock.js');
      exitWith(await onStock((pool) => historyCommand(pool, ofSku, { json, before, say })));
    });
}

function sku(given: string): string {
  const found = toSku(given);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`Expected a SKU: ${EXPECTED_SKU}.`);
}

function difference(given: string): number {
  const number = /^[+-]?\d{1,16}$/.test(given) ? Number(given) : Number.NaN;
  if (Number.isSafeInteger(number) && number !== 0) return number;
  throw new InvalidArgumentError('Expected a whole number that is not 0, such as +3 or -3.');
}
