import type { Command } from 'commander';
import { orderWorkflowId } from '../../../workflows/contract.js';
import { duration } from '../../config/values.js';
import type { Pool } from '../../db/driver/pool.js';
import { EXPECTED_CURRENCY, isCurrency } from '../../domain/currency.js';
import type { OrderFilters } from '../../domain/order-filters.js';
import type { WhereTo } from '../foreseen-move.js';
import { withServers } from '../with-servers.js';
import { addBulkOptions, type BulkFlags, selectionOf } from './bulk-options.js';
import { type CommandContext, exitWith } from './command-context.js';
import { moment } from './moment.js';
import { addFilters, checkFilters, orderId, value } from './order-options.js';

interface ListFlags extends OrderFilters {
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly limit?: number;
}

const wholeNumber = (lowest: number) =>
  value((text) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : -1;
    return number >= lowest ? number : undefined;
  }, `expected a whole number from ${lowest}`);

interface ExtendFlags extends BulkFlags {
  readonly to?: Date;
  readonly by?: number;
}

/** Orders: find, look, cancel, extend. */
export function addOrders(orders: Command, { env, say, toStderr }: CommandContext): void {
  const onOrders = async <T>(work: (pool: Pool, found: NodeJS.ProcessEnv) => Promise<T>): Promise<T> => {
    const { withOrders } = await import('../orders-list.js');
    const needs = { needed: ['MYSQL_URL'], makes: false, reads: ['MAX_PAYMENT_WINDOW'] } as const;
    return await withServers(env, needs, (found) => withOrders(found, (pool) => work(pool, found)));
  };

  addFilters(orders.command('list'))
    .description('orders, the newest first')
    .option('--amount <number>', 'only orders of this amount, in minor units', wholeNumber(0))
    .option('--currency <code>', 'only orders in this currency', currency)
    .option('--archived', 'the archived orders, and no others')
    .option('--limit <number>', 'at most so many; 1000 if not given, and all with --json or --csv', wholeNumber(1))
    .option('--json', 'print them as JSON')
    .option('--csv', 'print them as CSV')
    .action(async ({ json = false, csv = false, limit, ...filters }: ListFlags, command: Command) => {
      checkFilters(command, filters);
      if (json && csv) command.error("error: option '--csv': expected --json or --csv, and not both");
      const { listCommand } = await import('../orders-list.js');
      const form = json ? 'json' : csv ? 'csv' : 'text';
      await onOrders((pool) => listCommand(pool, filters, { form, limit, say }));
    });

  orders
    .command('show')
    .description('one order: its payments, its stock, its messages, its events, and a link to its timeline')
    .argument('<id>', 'its id', orderId)
    .option('--json', 'print it as JSON')
    .action(async (id: string, { json = false }: { json?: boolean }) => {
      const { showCommand } = await import('../orders-show.js');
      const { timelineOf } = await import('../timeline.js');
      exitWith(
        await onOrders(async (pool, found) => {
          const timeline = await timelineOf({ ...env, ...found }, found['MYSQL_URL'] ?? '', orderWorkflowId(id));
          return await showCommand(pool, id, { json, timeline, say });
        }),
      );
    });

  addBulkOptions(orders.command('cancel'), 'canceled')
    .description('cancel open orders: those with these ids, or those of a selection')
    .action(async (ids: string[], { json = false, dryRun = false, yes = false, ...filters }: BulkFlags, command) => {
      const selected = selectionOf(command, ids, filters);
      const { changeInBulk } = await import('../orders-in-bulk.js');
      const { createCancel } = await import('../orders-cancel.js');
      const { confirmer } = await import('../confirm.js');
      const options = { json, dryRun, yes, ask: confirmer(), say, toStderr };
      exitWith(await onOrders((pool) => changeInBulk(pool, selected, createCancel(pool), options)));
    });

  addBulkOptions(orders.command('extend'), 'extended')
    .description('move the deadline of open orders, later or earlier: those with these ids, or those of a selection')
    .option('--to <time>', 'the new deadline, as an ISO 8601 time', moment)
    .option('--by <duration>', 'later by so much, such as "2 days"', value(toDuration, EXPECTED_DURATION))
    .action(
      async (
        ids: string[],
        { to, by, json = false, dryRun = false, yes = false, ...filters }: ExtendFlags,
        command,
      ) => {
        const wanted = whereTo(command, to, by);
        const selected = selectionOf(command, ids, filters);
        const { extendCommand } = await import('../orders-extend.js');
        const { confirmer } = await import('../confirm.js');
        const options = { json, dryRun, yes, ask: confirmer(), say, toStderr };
        exitWith(await onOrders((pool, found) => extendCommand(pool, selected, wanted, { ...options, env: found })));
      },
    );
}

const currency = value((text) => (isCurrency(text) ? text : undefined), EXPECTED_CURRENCY);

const EXPECTED_DURATION = 'expected a positive duration with its unit, such as "2 days" or "90 minutes"';
const toDuration = (text: string): number | undefined => duration.safeParse(text.trim()).data;

function whereTo(command: Command, to: Date | undefined, by: number | undefined): WhereTo {
  if (to !== undefined && by === undefined) {
    if (to.getTime() > Date.now()) return { to };
    return command.error("error: option '--to <time>': expected a time that is not past");
  }
  if (by !== undefined && to === undefined) return { laterByMs: by };
  return command.error('error: expected the new deadline: either --to <time> or --by <duration>');
}
