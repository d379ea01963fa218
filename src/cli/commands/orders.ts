import type { Command } from 'commander';
import { orderWorkflowId } from '../../../workflows/contract.js';
import type { Pool } from '../../db/driver/pool.js';
import { EXPECTED_CURRENCY, isCurrency } from '../../domain/currency.js';
import { isEmpty, type OrderFilters } from '../../domain/order-filters.js';
import { withServers } from '../with-servers.js';
import { type CommandContext, exitWith } from './command-context.js';
import { addFilters, checkFilters, orderId, value } from './order-options.js';

interface ListFlags extends OrderFilters {
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly limit?: number;
}

interface BulkFlags extends OrderFilters {
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

const wholeNumber = (lowest: number) =>
  value((text) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : -1;
    return number >= lowest ? number : undefined;
  }, `expected a whole number from ${lowest}`);

/** Orders: find, look, cancel. */
export function addOrders(orders: Command, { env, say, toStderr }: CommandContext): void {
  const onOrders = async <T>(work: (pool: Pool, found: NodeJS.ProcessEnv) => Promise<T>): Promise<T> => {
    const { withOrders } = await import('../orders-list.js');
    const needs = { needed: ['MYSQL_URL'], makes: false } as const;
    return await withServers(env, needs, (found) => withOrders(found, (pool) => work(pool, found)));
  };

  addFilters(orders.command('list'))
    .description('orders, the newest first')
    .option('--amount <number>', 'only orders of this amount, in minor units', wholeNumber(0))
    .option('--currency <code>', 'only orders in this currency', currency)
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

  addFilters(orders.command('cancel'))
    .description('cancel open orders: those with these ids, or those of a selection')
    .argument('[ids...]', 'their ids', (given: string, before: string[] = []) => [...before, orderId(given)])
    .option('--dry-run', 'print which orders would be canceled, and change nothing')
    .option('--yes', 'cancel a selection without a question')
    .option('--json', 'print the result as JSON')
    .action(async (ids: string[], { json = false, dryRun = false, yes = false, ...filters }: BulkFlags, command) => {
      const selected = selectionOf(command, ids, filters);
      const { changeInBulk } = await import('../orders-in-bulk.js');
      const { createCancel } = await import('../orders-cancel.js');
      const { confirmer } = await import('../confirm.js');
      const options = { json, dryRun, yes, ask: confirmer(), say, toStderr };
      exitWith(await onOrders((pool) => changeInBulk(pool, selected, createCancel(pool), options)));
    });
}

const currency = value((text) => (isCurrency(text) ? text : undefined), EXPECTED_CURRENCY);

/** A change needs orders: without any filter a slip of the hand would change them all. */
function selectionOf(command: Command, ids: readonly string[], filters: OrderFilters) {
  checkFilters(command, filters);
  const wanted = 'expected ids of orders, or a selection such as --sku or --customer';
  if (isEmpty(filters) && ids.length === 0) command.error(`error: ${wanted}`);
  if (!isEmpty(filters) && ids.length > 0) command.error(`error: ${wanted}, and not both`);
  if (filters.status !== undefined && filters.status !== 'placed') {
    command.error("error: option '--status <status>': expected placed: only open orders can be changed");
  }
  const onlyStatus = { ...filters, status: undefined };
  if (ids.length === 0 && isEmpty(onlyStatus))
    command.error(`error: ${wanted}: --status alone selects all open orders`);
  return ids.length > 0 ? { ids } : { filters };
}
