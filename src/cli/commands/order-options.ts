import { type Command, InvalidArgumentError } from 'commander';
import { EXPECTED_CUSTOMER, toCustomer } from '../../domain/customer.js';
import { EXPECTED_REFERENCE, EXPECTED_STATUS, toReference } from '../../domain/filter-values.js';
import type { OrderStatus } from '../../domain/order.js';
import { EXPECTED_UNTIL, isBackwards, type OrderFilters } from '../../domain/order-filters.js';
import { isOrderId, orderIdFrom } from '../../domain/order-id.js';
import { EXPECTED_SKU, toSku } from '../../domain/sku.js';
import { moment } from './moment.js';

/** An option's value that `read` understands. */
export const value =
  <T>(read: (text: string) => T | undefined, expected: string) =>
  (text: string): T => {
    const known = read(text);
    if (known !== undefined) return known;
    throw new InvalidArgumentError(expected);
  };

export const orderId = value((text) => {
  const id = orderIdFrom(text.trim());
  return isOrderId(id) ? id : undefined;
}, 'Expected the id of an order: a UUID, as `orderId` in the answer to its checkout.');

const statuses: readonly OrderStatus[] = ['placed', 'paid', 'canceled'];
const toStatus = (text: string) => statuses.find((status) => status === text);

/** The options that select orders. */
export function addFilters(command: Command): Command {
  return command
    .option(
      '--customer <id>',
      'only orders of this customer: the userId of the checkout',
      value(toCustomer, EXPECTED_CUSTOMER),
    )
    .option('--sku <sku>', 'only orders with this SKU', value(toSku, EXPECTED_SKU))
    .option('--status <status>', 'only orders that are placed, paid or canceled', value(toStatus, EXPECTED_STATUS))
    .option('--since <time>', 'only orders placed at this ISO 8601 time or later', moment)
    .option('--until <time>', 'only orders placed before this time', moment)
    .option(
      '--reference <text>',
      "only the order with this number of the shop's own",
      value(toReference, EXPECTED_REFERENCE),
    );
}

/** Ends the command with an error when the filters contradict one another. */
export function checkFilters(command: Command, filters: OrderFilters): void {
  if (isBackwards(filters)) command.error(`error: option '--until <time>': ${EXPECTED_UNTIL}`);
}
