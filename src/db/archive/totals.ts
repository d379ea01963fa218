import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import type { Transaction } from '../driver/transaction.js';
import { inArchive } from './tables.js';

/** What archived orders have sold and what they were paid: I1 and the money hold without their rows. */

/** Of the orders that the placeholder names, by SKU. */
export const unitsOf = inArchive(
  `SELECT i.sku, SUM(i.quantity) AS sold FROM orders o JOIN order_items i ON i.order_id = o.order_id
   WHERE :orders(o.order_id) AND o.status = 'paid' GROUP BY i.sku ORDER BY i.sku`,
);

/** Of the same orders, by currency. A payment may have another currency than its order. */
export const moneyOf = inArchive(
  `SELECT currency, SUM(orders) AS orders, SUM(sold) AS sold, SUM(received) AS received, SUM(returned) AS returned FROM (
     SELECT currency, 1 AS orders, IF(status = 'paid', amount, 0) AS sold, 0 AS received, 0 AS returned
     FROM orders WHERE :orders(order_id)
     UNION ALL
     SELECT currency, 0, 0, amount - uncaptured_amount, IF(status = 'refunded', COALESCE(refunded_amount, amount), 0)
     FROM payments WHERE :orders(order_id)
     UNION ALL
     SELECT currency, 0, 0, 0, IF(state = 'refunded', COALESCE(refunded_amount, amount), 0)
     FROM order_refunds WHERE :orders(order_id)
   ) each_of GROUP BY currency ORDER BY currency`,
);

const ofOrders = (sql: string): string => sql.replaceAll(/:orders\(([\w.]+)\)/g, '$1 IN (:ids)');

/** Locked last, in the sequence of their keys: two that archive at once wait for each other here only. */
export async function addTotals(transaction: Transaction, orderIds: readonly string[]): Promise<void> {
  await run(
    transaction,
    `INSERT INTO archived_units (sku, sold) SELECT sku, sold FROM (${ofOrders(unitsOf)}) more
     ON DUPLICATE KEY UPDATE sold = archived_units.sold + VALUES(sold)`,
    orderIds,
  );
  await run(
    transaction,
    `INSERT INTO archived_money (currency, orders, sold, received, returned)
     SELECT currency, orders, sold, received, returned FROM (${ofOrders(moneyOf)}) more
     ON DUPLICATE KEY UPDATE orders = archived_money.orders + VALUES(orders), sold = archived_money.sold + VALUES(sold),
       received = archived_money.received + VALUES(received), returned = archived_money.returned + VALUES(returned)`,
    orderIds,
  );
}

/** Called before the rows of the orders leave the archive. The CHECKs refuse more than was added. */
export async function subtractTotals(transaction: Transaction, orderIds: readonly string[]): Promise<void> {
  await run(
    transaction,
    `UPDATE archived_units total JOIN (${ofOrders(unitsOf)}) less ON less.sku = total.sku
     SET total.sold = total.sold - less.sold`,
    orderIds,
  );
  await run(
    transaction,
    `UPDATE archived_money total JOIN (${ofOrders(moneyOf)}) less ON less.currency = total.currency
     SET total.orders = total.orders - less.orders, total.sold = total.sold - less.sold,
       total.received = total.received - less.received, total.returned = total.returned - less.returned`,
    orderIds,
  );
}

async function run(transaction: Transaction, sql: string, orderIds: readonly string[]): Promise<void> {
  const values: unknown[] = [];
  const text = sql.replaceAll(':ids', () => {
    values.push(orderIds);
    return '?';
  });
  await transaction.query<ResultSetHeader | RowDataPacket[]>(text, values);
}
