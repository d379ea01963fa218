import type { Customer } from './customer.js';
import type { OrderStatus } from './order.js';

/** Which orders a list has: those that fit all of the filters. */
export interface OrderFilters {
  /** The `userId` of the checkout. */
  readonly customer?: NonNullable<Customer> | undefined;
  readonly status?: OrderStatus | undefined;
  /** A SKU among the order's lines. */
  readonly sku?: string | undefined;
  /** The order was placed at this time or later. */
  readonly since?: Date | undefined;
  /** The order was placed before this time. */
  readonly until?: Date | undefined;
  /** The shop's own number of the order. */
  readonly reference?: string | undefined;
  /** In minor units. */
  readonly amount?: number | undefined;
  readonly currency?: string | undefined;
  /** The archived orders, and no others. */
  readonly archived?: boolean | undefined;
}

/** The options of a list, in the words of the routes and of the command line. */
const filterNames = [
  'customer',
  'status',
  'sku',
  'since',
  'until',
  'reference',
  'amount',
  'currency',
] as const satisfies readonly (keyof OrderFilters)[];

export const isEmpty = (filters: OrderFilters): boolean => filterNames.every((name) => filters[name] === undefined);

/** A time span without a moment in it is a mistake: the two times are mixed up. */
export const isBackwards = ({ since, until }: OrderFilters): boolean =>
  since !== undefined && until !== undefined && since >= until;

export const EXPECTED_UNTIL = 'expected a time after since';
