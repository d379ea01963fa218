import type { Pool } from '../db/driver/pool.js';
import { priceInWords } from '../domain/in-words.js';
import type { OrderView } from '../domain/order.js';
import type { OrderFilters } from '../domain/order-filters.js';
import { counted } from './counted.js';
import { orderPages } from './order-pages.js';
import { orderInWords } from './order-words.js';

/** A rule of thumb: nobody reads a longer list. */
const SHOWN = 1_000;

export interface Selection {
  readonly count: number;
  /** The newest order of the selection: orders that come later are no part of it. */
  readonly newest: string | undefined;
  readonly first: readonly OrderView[];
  /** By currency, in minor units. */
  readonly amounts: ReadonlyMap<string, number>;
}

export async function selectOrders(pool: Pool, filters: OrderFilters): Promise<Selection> {
  const first: OrderView[] = [];
  const amounts = new Map<string, number>();
  let count = 0;
  for await (const orders of orderPages(pool, filters)) {
    for (const order of orders) {
      count++;
      if (first.length < SHOWN) first.push(order);
      amounts.set(order.currency, (amounts.get(order.currency) ?? 0) + order.amount);
    }
  }
  return { count, newest: first[0]?.orderId, first, amounts };
}

/** Prints what a change of this selection would do. */
export function selectedInWords(
  { count, first, amounts }: Selection,
  { done }: { readonly done: string },
  { json, say }: { readonly json: boolean; readonly say: (line: string) => void },
): void {
  if (json) {
    say(JSON.stringify({ dryRun: true, count, orders: first.map(({ orderId }) => orderId) }));
    return;
  }
  for (const order of first) for (const line of orderInWords(order)) say(line);
  if (count > first.length) say(`… and ${count - first.length} more`);
  const sums = [...amounts].map(([currency, amount]) => priceInWords(amount, currency)).join(' and ');
  say(`${counted(count, 'order')} would be ${done}${sums === '' ? '' : `, of ${sums} in all`}. Nothing was changed.`);
}
