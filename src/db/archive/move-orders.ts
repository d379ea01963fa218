import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import type { Transaction } from '../driver/transaction.js';
import { archivedTables } from './tables.js';
import { addTotals, subtractTotals } from './totals.js';

/**
 * A row appeared while its order was moved. The transaction has to roll back: the row would be deleted without a copy.
 */
export class OrderChanged extends Error {}

/**
 * Copies all rows of the orders, deletes the originals, and brings the totals up to date. The caller has locked the
 * orders where they are. The copies are read by locking reads: they are what the DELETE deletes (ADR 23).
 *
 * @throws {OrderChanged}
 */
export async function moveOrders(
  transaction: Transaction,
  orderIds: readonly string[],
  to: 'archive' | 'shop',
): Promise<void> {
  const [source, target] = to === 'archive' ? ['', 'archived_'] : ['archived_', ''];
  const idsOf = { order_id: orderIds, payment_id: await paymentsOf(transaction, `${source}payments`, orderIds) };
  const columnsOf = await readColumns(transaction);
  if (to === 'shop') await subtractTotals(transaction, orderIds);
  const copied = new Map<string, number>();
  for (const { name, by, index } of archivedTables) {
    if (idsOf[by].length === 0) continue;
    const columns = columnsOf.get(name) ?? [];
    const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
      `INSERT INTO ${target}${name} (${columns.map((column) => `\`${column}\``).join(', ')})
       SELECT ${columns.map((column) => `moved.\`${column}\``).join(', ')}
       FROM ${wanted} STRAIGHT_JOIN ${source}${name} moved FORCE INDEX (${index}) ON moved.${by} = wanted.id FOR UPDATE`,
      [JSON.stringify(idsOf[by])],
    );
    copied.set(name, affectedRows);
  }
  for (const { name, by, index } of archivedTables.toReversed()) {
    if (idsOf[by].length === 0) continue;
    const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
      `DELETE moved FROM ${wanted} STRAIGHT_JOIN ${source}${name} moved FORCE INDEX (${index}) ON moved.${by} = wanted.id`,
      [JSON.stringify(idsOf[by])],
    );
    if (affectedRows !== copied.get(name)) {
      throw new OrderChanged(`${copied.get(name)} rows of ${source}${name} were copied, and ${affectedRows} deleted`);
    }
  }
  if (to === 'archive') await addTotals(transaction, orderIds);
}

/**
 * A table expression. By an IN list of most of a small table the server would read the whole table, and wait for the rows
 * of other orders.
 */
const wanted = `JSON_TABLE(?, '$[*]' COLUMNS (id VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin PATH '$')) wanted`;

async function paymentsOf(transaction: Transaction, table: string, orderIds: readonly string[]): Promise<string[]> {
  const [rows] = await transaction.query<(RowDataPacket & { paymentId: string })[]>(
    `SELECT moved.payment_id AS paymentId FROM ${wanted} STRAIGHT_JOIN ${table} moved FORCE INDEX (of_order)
       ON moved.order_id = wanted.id FOR UPDATE`,
    [JSON.stringify(orderIds)],
  );
  return rows.map(({ paymentId }) => paymentId);
}

/** By name: a later migration may add a column to the two tables in another sequence. */
async function readColumns(transaction: Transaction): Promise<ReadonlyMap<string, readonly string[]>> {
  const [rows] = await transaction.query<(RowDataPacket & { name: string; columns: string })[]>(
    `SELECT table_name AS name, column_name AS columns FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name IN (?) ORDER BY table_name, ordinal_position`,
    [archivedTables.map(({ name }) => name)],
  );
  const ofTable = Map.groupBy(rows, ({ name }) => name);
  return new Map([...ofTable].map(([name, group]) => [name, group.map(({ columns }) => columns)]));
}
