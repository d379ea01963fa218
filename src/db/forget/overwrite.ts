import { randomBytes } from 'node:crypto';
import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { forgetInAdjustments, forgetInEvent } from '../../domain/forgotten.js';
import type { Transaction } from '../driver/transaction.js';
import { assignments, type By, hasSomething, type Overwritten, overwritten } from './overwritten.js';
import { type IdsOfRows, idsOfRows } from './rows-of-orders.js';

/** Rows of each table: those that were overwritten, or in a dry run those that would be. */
export type Counts = Map<string, number>;

/** Below the length from which MariaDB reads a list by a temporary table. */
const AT_ONCE = 500;

const conditions: Readonly<Record<By, string>> = {
  order: 'order_id IN (:ids)',
  payment: 'payment_id IN (:ids)',
  report: 'payment_id IN (:names) AND (provider, payment_id) IN (:ids)',
  return: 'idempotency_key IN (:ids)',
  event: 'position IN (:ids)',
};

/**
 * Overwrites what names a person in all rows of the orders, in the shop and in the archive. A second call finds nothing.
 *
 * @param counts is added to
 */
export async function overwrite(
  transaction: Transaction,
  orderIds: readonly string[],
  { dryRun, counts }: { readonly dryRun: boolean; readonly counts: Counts },
): Promise<void> {
  const idsOf = await idsOfRows(transaction, orderIds);
  const secret = randomBytes(32).toString('base64url');
  const run: Run = { transaction, idsOf, dryRun, secret, counts };
  for (const table of documents) await rewrite(run, table);
  for (const table of overwritten) {
    await overwriteTable(run, table, table.name);
    if (table.isArchived) await overwriteTable(run, table, `archived_${table.name}`);
  }
}

interface Run {
  readonly transaction: Transaction;
  readonly idsOf: IdsOfRows;
  readonly dryRun: boolean;
  readonly secret: string;
  readonly counts: Counts;
}

async function overwriteTable(run: Run, table: Overwritten, name: string): Promise<void> {
  const where = `FORCE INDEX (${table.index})`;
  const found = `WHERE ${conditions[table.by]} AND ${hasSomething(table)}`;
  for (const ids of inParts(run.idsOf[table.by])) {
    const values = { ids, names: ids.map((id) => (Array.isArray(id) ? id[1] : id)), secret: run.secret };
    if (run.dryRun) {
      const [[row]] = await query<RowDataPacket[]>(run, `SELECT COUNT(*) AS n FROM ${name} ${where} ${found}`, values);
      add(run.counts, name, Number(row?.['n']));
    } else {
      const sql = `UPDATE ${name} ${where} SET ${assignments(table)} ${found}`;
      const [{ affectedRows }] = await query<ResultSetHeader>(run, sql, values);
      add(run.counts, name, affectedRows);
    }
  }
}

/** A column of JSON. */
interface Document {
  readonly table: string;
  readonly key: string;
  readonly column: string;
  readonly by: By;
  readonly index: string;
  readonly without: (value: unknown) => unknown;
}

const ofCheckout = { key: 'order_id', column: 'adjustments', by: 'order', index: 'PRIMARY' } as const;
const documents: readonly Document[] = [
  { table: 'checkouts', ...ofCheckout, without: forgetInAdjustments },
  { table: 'archived_checkouts', ...ofCheckout, without: forgetInAdjustments },
  { table: 'events', key: 'position', column: 'data', by: 'event', index: 'PRIMARY', without: forgetInEvent },
];

/** What an event has stored never changes: a read without a lock waits for no event that is being delivered. */
async function rewrite(run: Run, { table, key, column, by, index, without }: Document): Promise<void> {
  for (const ids of inParts(run.idsOf[by])) {
    const [rows] = await query<(RowDataPacket & { id: unknown; text: string })[]>(
      run,
      `SELECT ${key} AS id, ${column} AS text FROM ${table} FORCE INDEX (${index})
       WHERE ${key} IN (:ids) AND ${column} IS NOT NULL`,
      { ids },
    );
    for (const { id, text } of rows) {
      const value = JSON.parse(text) as unknown;
      const forgotten = JSON.stringify(without(value));
      if (forgotten === JSON.stringify(value)) continue;
      add(run.counts, table === 'events' ? table : `${table}.${column}`, 1);
      if (run.dryRun) continue;
      await query(run, `UPDATE ${table} FORCE INDEX (${index}) SET ${column} = :text WHERE ${key} = :id`, {
        text: forgotten,
        id,
      });
    }
  }
}

async function query<T extends RowDataPacket[] | ResultSetHeader>(
  { transaction }: Run,
  sql: string,
  named: Readonly<Record<string, unknown>>,
): Promise<[T, unknown]> {
  const values: unknown[] = [];
  const text = sql.replaceAll(/:(ids|names|secret|text|id)\b/g, (_, name: string) => {
    values.push(named[name]);
    return '?';
  });
  return await transaction.query<T>(text, values);
}

const inParts = (ids: readonly unknown[]): unknown[][] =>
  Array.from({ length: Math.ceil(ids.length / AT_ONCE) }, (_, part) => ids.slice(part * AT_ONCE, (part + 1) * AT_ONCE));

function add(counts: Counts, name: string, rows: number): void {
  if (rows > 0) counts.set(name, (counts.get(name) ?? 0) + rows);
}
