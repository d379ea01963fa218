import { stringify } from 'csv-stringify/sync';
import { loadConfig } from '../config/config.js';
import type { Pool } from '../db/driver/pool.js';
import type { OrderView } from '../domain/order.js';
import type { OrderFilters } from '../domain/order-filters.js';
import { counted } from './counted.js';
import { orderPages } from './order-pages.js';
import { orderInWords } from './order-words.js';
import { requireSchema } from './require-schema.js';
import { withMysql } from './with-mysql.js';

/** Opens the database that `env` names, for one command. */
export async function withOrders<T>(env: NodeJS.ProcessEnv, work: (pool: Pool) => Promise<T>): Promise<T> {
  return await withMysql(loadConfig(env, ['MYSQL_URL']).MYSQL_URL, 2, async (pool) => {
    await requireSchema(pool);
    return await work(pool);
  });
}

interface ListOptions {
  readonly form: 'text' | 'json' | 'csv';
  /** All orders, if not given. */
  readonly limit?: number | undefined;
  readonly say: (line: string) => void;
}

/** A rule of thumb: a person does not read a longer list. */
const LONGEST_TEXT = 1_000;

export async function listCommand(pool: Pool, filters: OrderFilters, { form, limit, say }: ListOptions): Promise<void> {
  if (form === 'text') return await listAsText(pool, filters, { limit: limit ?? LONGEST_TEXT, say });
  let printed = 0;
  if (form === 'csv') say(csvOf([columns]));
  for await (const orders of orderPages(pool, filters, { ...(limit && { most: limit }) })) {
    if (form === 'csv') say(csvOf(orders.map(rowOf)));
    // A page a line of its own: a list of all orders of a year does not fit into one text.
    else for (const order of orders) say(`${printed++ === 0 ? '[' : ','}${JSON.stringify(order)}`);
  }
  if (form === 'json') say(printed === 0 ? '[]' : ']');
}

async function listAsText(
  pool: Pool,
  filters: OrderFilters,
  { limit, say }: { readonly limit: number; readonly say: (line: string) => void },
): Promise<void> {
  let found = 0;
  for await (const orders of orderPages(pool, filters, { most: limit + 1 })) {
    for (const order of orders) if (++found <= limit) for (const line of orderInWords(order)) say(line);
  }
  say(`${counted(Math.min(found, limit), 'order')}${found > limit ? ', the newest; there are more' : ''}.`);
}

const columns = [
  ...['order_id', 'customer', 'status', 'cancel_reason', 'reference', 'amount', 'currency', 'items', 'created_at'],
  ...['expires_at', 'settled_at', 'refund', 'paid_reason', 'adjustments'],
];

const rowOf = (order: OrderView): readonly (string | number | null)[] => [
  order.orderId,
  order.userId ?? null,
  order.status,
  order.cancelReason,
  order.reference ?? null,
  order.amount,
  order.currency,
  JSON.stringify(order.items),
  order.createdAt.toISOString(),
  order.expiresAt.toISOString(),
  order.settledAt?.toISOString() ?? null,
  order.refund,
  order.paidReason ?? null,
  order.adjustments === undefined ? null : JSON.stringify(order.adjustments),
];

/** A text that a spreadsheet would take for a formula gets an apostrophe in front: customers choose some of the texts. */
const csvOf = (rows: readonly (readonly unknown[])[]): string =>
  stringify(
    rows.map((row) => [...row]),
    { escape_formulas: true },
  ).trimEnd();
