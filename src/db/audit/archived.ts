import { lowestOrderId } from '../../domain/order-id.js';
import { inArchive } from '../archive/tables.js';
import { moneyOf, unitsOf } from '../archive/totals.js';
import type { Check } from './checks/check.js';

/** What the audit reads of archived orders. Their rows do not change, so that each run reads a part of them. */

/** A check of the shop's orders becomes one of archived orders, and its `:other(…)` tables those of the shop. */
export function inPlace(sql: string, place: 'shop' | 'archive'): string {
  const [text, other] = place === 'archive' ? [inArchive(sql), ''] : [sql, 'archived_'];
  return text.replaceAll(/:other\((\w+)\)/g, `${other}$1`);
}

/** A place between two ids: 0 is the first one, 1 the last one. */
export function idBetween(first: string, last: string, part: number): string {
  const [from, to] = [timeOf(first), timeOf(last)];
  return lowestOrderId(from + (to - from) * part);
}

/** The time of a UUID of version 7. */
const timeOf = (id: string): number => Number.parseInt(id.replace('-', '').slice(0, 12), 16);

const everyOrder = (sql: string): string => sql.replaceAll(/:orders\([\w.]+\)/g, 'TRUE');

/** Read all archived orders, so that they run only where all of them are audited. */
export const totalChecks: readonly Check[] = [
  {
    invariant: 'I1',
    about: 'what archived orders have sold',
    sql: `SELECT CONCAT('sku ', every.sku) AS subject, CONCAT('the totals of the archive say sold ', COALESCE(total.sold, 0),
        '; its orders say ', COALESCE(counted.sold, 0)) AS detail
      FROM (SELECT sku FROM archived_units UNION SELECT sku FROM archived_order_items) every
      LEFT JOIN archived_units total ON total.sku = every.sku
      LEFT JOIN (${everyOrder(unitsOf)}) counted ON counted.sku = every.sku
      WHERE COALESCE(total.sold, 0) <> COALESCE(counted.sold, 0)`,
  },
  {
    invariant: 'I6',
    about: 'the money of archived orders',
    sql: `SELECT CONCAT('currency ', every.currency) AS subject,
        CONCAT('the totals of the archive say ', COALESCE(${inWords('total')}, 'nothing'), '; its rows say ',
          COALESCE(${inWords('counted')}, 'nothing')) AS detail
      FROM (SELECT currency FROM archived_money UNION SELECT currency FROM archived_orders
        UNION SELECT currency FROM archived_payments) every
      LEFT JOIN archived_money total ON total.currency = every.currency
      LEFT JOIN (${everyOrder(moneyOf)}) counted ON counted.currency = every.currency
      WHERE ${['orders', 'sold', 'received', 'returned']
        .map((name) => `COALESCE(total.${name}, 0) <> COALESCE(counted.${name}, 0)`)
        .join(' OR ')}`,
  },
];

function inWords(table: string): string {
  return `CONCAT(${table}.orders, ' orders, sold ', ${table}.sold, ', received ', ${table}.received, ', returned ', ${table}.returned)`;
}
