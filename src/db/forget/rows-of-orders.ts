import type { RowDataPacket } from 'mysql2/promise';
import { inArchive } from '../archive/tables.js';
import type { Transaction } from '../driver/transaction.js';
import type { By } from './overwritten.js';

/** The ids by which the tables find the rows of some orders. */
export type IdsOfRows = Readonly<Record<By, readonly unknown[]>>;

/** Also of archived orders. The caller holds the orders, and so no payment and no event of them is written meanwhile. */
export async function idsOfRows(transaction: Transaction, orderIds: readonly string[]): Promise<IdsOfRows> {
  const payments = await both<{ id: string; provider: string }>(
    transaction,
    'SELECT payment_id AS id, provider FROM payments FORCE INDEX (of_order) WHERE order_id IN (?)',
    orderIds,
  );
  const refunds = await both<{ id: string; lines: string }>(
    transaction,
    `SELECT refund_id AS id, returned_lines AS ${'`lines`'} FROM order_refunds FORCE INDEX (of_order)
     WHERE order_id IN (?) AND restock = 1`,
    orderIds,
  );
  const events = await select<{ position: number }>(
    transaction,
    'SELECT position FROM events FORCE INDEX (one_sequence) WHERE order_id IN (?) ORDER BY position',
    orderIds,
  );
  return {
    order: orderIds,
    payment: payments.map(({ id }) => id),
    report: payments.flatMap(({ id, provider }) => namesOf(provider, id).map((name) => [provider, name])),
    return: refunds.flatMap(({ id, lines }) =>
      (JSON.parse(lines) as readonly unknown[]).map((_, index) => `refund:${id}:${index}`),
    ),
    event: events.map(({ position }) => position),
  };
}

/** The provider's id of a payment, which may be stored with the provider's name in front. */
const namesOf = (provider: string, id: string): string[] =>
  id.startsWith(`${provider}:`) ? [id, id.slice(provider.length + 1)] : [id];

export async function both<Row>(transaction: Transaction, sql: string, ids: readonly string[]): Promise<Row[]> {
  const [shop, archive] = [
    await select<Row>(transaction, sql, ids),
    await select<Row>(transaction, inArchive(sql), ids),
  ];
  return [...shop, ...archive];
}

async function select<Row>(transaction: Transaction, sql: string, ids: readonly string[]): Promise<Row[]> {
  const [rows] = await transaction.query<(RowDataPacket & Row)[]>(sql, [ids]);
  return rows;
}
