import type { Customer } from '../../domain/customer.js';
import type { OrderFilters } from '../../domain/order-filters.js';
import { lowestOrderId } from '../../domain/order-id.js';
import { columnOf } from '../customer-columns.js';

/** A part of a statement, and the values of its placeholders. */
export interface Part {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/**
 * Orders are placed by the database's clock, and their ids are made by the API's clock. So the range of the ids is wider
 * than the time span. A rule of thumb: clocks that are set by NTP differ by much less than an hour.
 */
const SLACK_MS = 60 * 60_000;

/** The ids of the page, as a range of the primary key. */
export function rangeOf(
  { since, until }: OrderFilters,
  { after, upTo }: { readonly after?: string | undefined; readonly upTo?: string | undefined },
): Part {
  return together([
    after !== undefined && { sql: 'order_id < ?', values: [after] },
    upTo !== undefined && { sql: 'order_id <= ?', values: [upTo] },
    since !== undefined && { sql: 'order_id >= ?', values: [lowestOrderId(since.getTime() - SLACK_MS)] },
    until !== undefined && { sql: 'order_id < ?', values: [lowestOrderId(until.getTime() + SLACK_MS)] },
  ]);
}

/** The filters as conditions on `checkouts c` and `orders o`. An order without a row in `orders` is placed. */
export const conditionsOf = ({
  customer,
  status,
  sku,
  since,
  until,
  reference,
  amount,
  currency,
}: OrderFilters): Condition[] => [
  customer !== undefined && ofCustomer(customer, 'c.'),
  status !== undefined && { sql: "COALESCE(o.status, 'placed') = ?", values: [status] },
  sku !== undefined && { sql: 'JSON_CONTAINS(c.items, ?)', values: [JSON.stringify({ sku })] },
  since !== undefined && { sql: 'c.created_at >= ?', values: [since] },
  until !== undefined && { sql: 'c.created_at < ?', values: [until] },
  reference !== undefined && { sql: 'c.reference = ?', values: [reference] },
  amount !== undefined && { sql: 'c.amount = ?', values: [amount] },
  currency !== undefined && { sql: 'c.currency = ?', values: [currency] },
];

/** @param table the prefix of the column */
function ofCustomer(customer: Customer, table: string): Part {
  const { column, value } = columnOf(customer);
  return { sql: `${table}${column} = ?`, values: [value] };
}

type Condition = Part | false;

export function together(conditions: readonly Condition[]): Part {
  const given = conditions.filter((condition) => condition !== false);
  return {
    sql: given.length === 0 ? 'TRUE' : given.map(({ sql }) => sql).join(' AND '),
    values: given.flatMap(({ values }) => values),
  };
}
