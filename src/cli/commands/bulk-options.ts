import type { Command } from 'commander';
import { isEmpty, type OrderFilters } from '../../domain/order-filters.js';
import { addFilters, checkFilters, orderId } from './order-options.js';

/** The options of a command that changes many orders. */
export interface BulkFlags extends OrderFilters {
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** @param done what becomes of the orders, such as `canceled` */
export const addBulkOptions = (command: Command, done: string): Command =>
  addFilters(command)
    .argument('[ids...]', 'their ids', (given: string, before: string[] = []) => [...before, orderId(given)])
    .option('--dry-run', `print which orders would be ${done}, and change nothing`)
    .option('--yes', 'change a selection without a question')
    .option('--json', 'print the result as JSON');

/** A change needs orders: without any filter a slip of the hand would change them all. */
export function selectionOf(command: Command, ids: readonly string[], filters: OrderFilters) {
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
