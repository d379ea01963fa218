import { type Command, InvalidArgumentError } from 'commander';
import type { Pool } from '../../db/driver/pool.js';
import { isOrderId, orderIdFrom } from '../../domain/order-id.js';
import { accountName } from '../../stack/account-name.js';
import type { PaymentFilters } from '../payments-list.js';
import { withServers } from '../with-servers.js';
import { type CommandContext, exitWith } from './command-context.js';
import { moment } from './moment.js';

/** The lengths of the columns `note` and `changed_by` of `payment_changes`. */
const [LONGEST_NOTE, LONGEST_NAME] = [1_000, 100];

interface Person {
  readonly by?: string;
  readonly note?: string;
}

interface ReconcileFlags {
  readonly since: Date;
  readonly until?: Date;
  readonly provider?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Without `--by` it is the account that runs the command. */
const named = <P extends Person>(person: P) => ({ ...person, by: person.by ?? accountName() });

/** Money, and what waits for a person. */
export function addPayments(orders: Command, { env, say }: CommandContext): void {
  const payments = orders.command('payments').description('payments, and what waits for a person');
  const onPayments = async <T>(work: (pool: Pool) => Promise<T>): Promise<T> => {
    const { withPayments } = await import('../payments.js');
    return await withServers(env, { needed: ['MYSQL_URL'], makes: false }, (found) => withPayments(found, work));
  };
  const byPerson = (command: Command): Command =>
    command.option('--by <name>', 'who changes it; your account here, if not given', text('--by', LONGEST_NAME));
  const note = ['--note <text>', 'why', text('--note', LONGEST_NOTE)] as const;

  payments
    .command('list')
    .description('payments, the newest first')
    .option('--unplaced', 'only those for an order that is not known')
    .option('--owed', 'only those that are to go back and have not, whole or in part')
    .option('--open', 'only those that are not finished in any way')
    .option('--json', 'print them as JSON')
    .action(async ({ json = false, ...filters }: PaymentFilters & { json?: boolean }) => {
      const { listCommand } = await import('../payments-list.js');
      await onPayments((pool) => listCommand(pool, { ...filters, json, say }));
    });

  payments
    .command('show')
    .description('one payment, and what persons did with it')
    .argument('<id>', 'its id', paymentId)
    .option('--json', 'print it as JSON')
    .action(async (id: string, { json = false }: { json?: boolean }) => {
      const { showCommand } = await import('../payments.js');
      exitWith(await onPayments((pool) => showCommand(pool, id, { json, say })));
    });

  payments
    .command('reconcile')
    .description('find payments that no webhook has reported, by comparing with what the providers list')
    .requiredOption('--since <time>', 'from this time on', moment)
    .option('--until <time>', 'before this time; now, if not given', moment)
    .option('--provider <name>', 'only this provider')
    .option('--dry-run', 'print what would be found, and change nothing')
    .option('--json', 'print the result as JSON')
    .action(async (flags: ReconcileFlags, command: Command) => {
      const { since, until = new Date(), provider, dryRun = false, json = false } = flags;
      if (since >= until) command.error('error: expected --since before --until, and not in the future');
      const { reconcileCommand } = await import('../payments-reconcile.js');
      const needed = { needed: ['MYSQL_URL'], makes: false } as const;
      const asked = { since, until, provider, dryRun, json, say };
      exitWith(await withServers(env, needed, (found) => reconcileCommand(found, asked)));
    });

  byPerson(payments.command('refund'))
    .description('send back unplaced payments, or retry failed refunds: of payments, or of paid orders')
    .argument('<ids...>', 'their ids', (given: string, before: string[] = []) => [...before, paymentId(given)])
    .option(...note)
    .action(async (ids: string[], person: Person) => {
      const { refundCommand } = await import('../payments.js');
      exitWith(await onPayments((pool) => refundCommand(pool, ids, { ...named(person), say })));
    });

  byPerson(payments.command('capture'))
    .description('ask again for captures that their provider has refused')
    .argument('<ids...>', 'the ids of their payments', (given: string, before: string[] = []) => [
      ...before,
      paymentId(given),
    ])
    .option(...note)
    .action(async (ids: string[], person: Person) => {
      const { captureCommand } = await import('../payments.js');
      exitWith(await onPayments((pool) => captureCommand(pool, ids, { ...named(person), say })));
    });

  byPerson(payments.command('place'))
    .description('give an unplaced payment its order')
    .argument('<id>', 'its id', paymentId)
    .requiredOption('--order <order>', 'the order that it is for', orderId)
    .option(...note)
    .action(async (id: string, person: Person & { order: string }) => {
      const { placeCommand } = await import('../payments.js');
      exitWith(await onPayments((pool) => placeCommand(pool, id, { ...named(person), say })));
    });

  byPerson(payments.command('close'))
    .description('end a payment, or a refund of a paid order, that was dealt with elsewhere; moves no money')
    .argument('<id>', 'its id', paymentId)
    .requiredOption(...note)
    .action(async (id: string, person: Person & { note: string }) => {
      const { closeCommand } = await import('../payments.js');
      exitWith(await onPayments((pool) => closeCommand(pool, id, { ...named(person), say })));
    });
}

/** The database takes an id with a space at its end for the id without, and refuses to compare what is not ASCII. */
function paymentId(given: string): string {
  const id = given.trim();
  if (/^[\x21-\x7e]{1,255}$/.test(id)) return id;
  throw new InvalidArgumentError('Expected the id of a payment: 1 to 255 visible ASCII characters.');
}

function orderId(given: string): string {
  const id = orderIdFrom(given.trim());
  if (isOrderId(id)) return id;
  throw new InvalidArgumentError('Expected the id of an order: a UUID, as `orderId` in the answer to its checkout.');
}

const text =
  (option: string, longest: number) =>
  (given: string): string => {
    const trimmed = given.trim();
    if (trimmed !== '' && trimmed.length <= longest) return trimmed;
    throw new InvalidArgumentError(`${option} expects 1 to ${longest} characters.`);
  };
