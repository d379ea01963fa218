import { type Command, InvalidArgumentError } from 'commander';
import type { Pool } from '../../db/driver/pool.js';
import { withServers } from '../with-servers.js';
import { type CommandContext, exitWith } from './command-context.js';
import { moment } from './moment.js';
import { orderId } from './order-options.js';

interface Flags {
  readonly before?: Date;
  readonly restore?: string;
  readonly json?: boolean;
  readonly dryRun?: boolean;
}

/**
 * Until an order has ended for so long, late payments, refunds and events of it are usual: it would come back from the
 * archive again and again. A rule of thumb.
 */
const LEAST_DAYS = 7;

/** Keeping: closed orders leave the tables of the shop. */
export function addArchive(orders: Command, { env, say, toStderr }: CommandContext): void {
  const onArchive = async <T>(work: (pool: Pool) => Promise<T>): Promise<T> => {
    const { withOrders } = await import('../orders-list.js');
    return await withServers(env, { needed: ['MYSQL_URL'], makes: false }, (found) => withOrders(found, work));
  };
  orders
    .command('archive')
    .description('move closed orders into the archive, or bring one back')
    .option(
      '--before <time>',
      `orders that ended before this ISO 8601 time or date, at least ${LEAST_DAYS} days ago`,
      before,
    )
    .option('--restore <id>', 'bring this order back', orderId)
    .option('--dry-run', 'print what would be done, and change nothing')
    .option('--json', 'print the result as JSON')
    .action(async (flags: Flags, command: Command) => {
      const { before: time, restore, json = false, dryRun = false } = flags;
      if ((time === undefined) === (restore === undefined))
        command.error('error: expected either --before <time> or --restore <id>');
      const { archiveCommand, restoreCommand } = await import('../orders-archive.js');
      const output = { json, dryRun, say, toStderr };
      if (time !== undefined) await onArchive((pool) => archiveCommand(pool, time, output));
      if (restore !== undefined) exitWith(await onArchive((pool) => restoreCommand(pool, restore, output)));
    });
}

function before(given: string): Date {
  const time = moment(/^\d{4}-\d{2}-\d{2}$/.test(given) ? `${given}T00:00:00Z` : given);
  if (time.getTime() <= Date.now() - LEAST_DAYS * 24 * 60 * 60_000) return time;
  throw new InvalidArgumentError(`Expected a time at least ${LEAST_DAYS} days ago: later payments still come.`);
}
