import type { RowDataPacket } from 'mysql2/promise';
import type { CatalogueProduct } from '../../domain/product.js';
import type { Transaction } from '../driver/transaction.js';

const columns = `sku, name, unit_price AS unitPrice, currency, active, max_per_order AS maxPerOrder, available, reserved, sold`;

type Row = RowDataPacket & Omit<CatalogueProduct, 'active'> & { readonly active: number };

/** @param rest what follows `FROM products` */
export async function selectProducts(
  db: Pick<Transaction, 'query'>,
  rest: string,
  values: readonly unknown[],
): Promise<CatalogueProduct[]> {
  const [rows] = await db.query<Row[]>(`SELECT ${columns} FROM products ${rest}`, [...values]);
  return rows.map((row) => ({ ...row, active: Boolean(row.active) }));
}

/** A rule of thumb: a statement of this many rows is short, and far below `max_allowed_packet`. */
const ROWS_PER_STATEMENT = 1_000;

/** @returns the rows in the order in which the database locks SKUs, in parts for one statement each */
export function inStatements<R extends { readonly sku: string }>(rows: readonly R[]): R[][] {
  const keyed = rows.map((row) => ({ row, key: Buffer.from(row.sku) }));
  // By bytes, as utf8mb4_bin: JavaScript's own order differs for characters of four bytes.
  const sorted = keyed.sort((one, other) => Buffer.compare(one.key, other.key)).map(({ row }) => row);
  const parts: R[][] = [];
  for (let at = 0; at < sorted.length; at += ROWS_PER_STATEMENT) parts.push(sorted.slice(at, at + ROWS_PER_STATEMENT));
  return parts;
}
