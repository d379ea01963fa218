import type { Pool } from '../db/driver/pool.js';
import { priceInWords } from '../domain/in-words.js';
import type { OrderView } from '../domain/order.js';
import type { OrderFilters } from '../domain/order-filters.js';
import type { BulkChange } from './bulk-change.js';
import { counted } from './counted.js';
import { orderPages } from './order-pages.js';
import { orderInWords } from './order-words.js';

/** A rule of thumb: a person does not read a longer list. */
const SHOWN = 1_000;

export interface Selection {
  readonly count: number;
  /** The newest order of the selection: orders that come later are no part of it. */
  readonly newest: string | undefined;
  readonly first: readonly OrderView[];
  readonly ids: readonly string[];
  /** The orders that a change would refuse. */
  readonly refused: readonly { readonly orderId: string; readonly why: string }[];
  /** By currency, in minor units. */
  readonly amounts: ReadonlyMap<string, number>;
}

export async function selectOrders(
  pool: Pool,
  filters: OrderFilters,
  { foresee }: Pick<BulkChange, 'foresee'> = {},
): Promise<Selection> {
  const first: OrderView[] = [];
  const ids: string[] = [];
  const refused: { orderId: string; why: string }[] = [];
  const amounts = new Map<string, number>();
  let count = 0;
  for await (const orders of orderPages(pool, filters)) {
    for (const order of orders) {
      count++;
      const foreseen = foresee?.(order);
      if (foreseen?.kind === 'refused') refused.push({ orderId: order.orderId, why: foreseen.why });
      else ids.push(order.orderId);
      if (first.length < SHOWN) first.push(order);
      amounts.set(order.currency, (amounts.get(order.currency) ?? 0) + order.amount);
    }
  }
  return { count, newest: first[0]?.orderId, first, ids, refused, amounts };
}

/** Prints what a change of this selection would do. @returns whether no order would be refused */
export function selectedInWords(
  { count, first, ids, refused, amounts }: Selection,
  { done, foresee }: Pick<BulkChange, 'done' | 'foresee'>,
  { json, say }: { readonly json: boolean; readonly say: (line: string) => void },
): boolean {
  if (json) {
    say(JSON.stringify({ dryRun: true, count: ids.length, orders: ids, refused }));
    return refused.length === 0;
  }
  for (const order of first) {
    for (const line of orderInWords(order)) say(line);
    const foreseen = foresee?.(order);
    if (foreseen) say(`    ${foreseen.kind === 'refused' ? 'would be refused: ' : ''}${foreseen.why}`);
  }
  if (count > first.length) say(`… and ${count - first.length} more`);
  const sums = [...amounts].map(([currency, amount]) => priceInWords(amount, currency)).join(' and ');
  const others = refused.length === 0 ? '' : `, ${refused.length} would be refused`;
  say(
    `${counted(ids.length, 'order')} would be ${done}${others}${sums === '' ? '' : `, of ${sums} in all`}. Nothing was changed.`,
  );
  return refused.length === 0;
}
