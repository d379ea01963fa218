import type { Customer } from '../domain/customer.js';

/**
 * A customer in the columns of `checkouts` and `orders`. A number is in `user_id`, which processes of the version before
 * know. A text is in `customer`. A guest has neither; in `checkouts`, whose unique keys ignore NULL, a guest has the text
 * without a character, which is the id of no customer.
 */
export interface CustomerColumns {
  readonly user_id: number | null;
  readonly customer: string | null;
}

export const GUEST = '';

export const toColumns = (customer: Customer): CustomerColumns =>
  typeof customer === 'number' ? { user_id: customer, customer: null } : { user_id: null, customer: customer ?? GUEST };

export const fromColumns = ({ user_id: number, customer: text }: CustomerColumns): Customer =>
  number ?? (text === GUEST ? null : text);

/** The column of `checkouts` that finds this customer, and the value there. */
export const columnOf = (customer: Customer): { readonly column: keyof CustomerColumns; readonly value: unknown } =>
  typeof customer === 'number'
    ? { column: 'user_id', value: customer }
    : { column: 'customer', value: customer ?? GUEST };

/** The requests whose customers are in one column. */
export interface ColumnPart<R> {
  readonly column: keyof CustomerColumns;
  readonly requests: readonly R[];
}

/** A part for each column that has a customer among the requests. */
export const partedByColumn = <R extends { readonly userId: Customer }>(requests: readonly R[]): ColumnPart<R>[] =>
  [...Map.groupBy(requests, ({ userId }) => columnOf(userId).column)].map(([column, part]) => ({
    column,
    requests: part,
  }));
