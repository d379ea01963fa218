import type { RowDataPacket } from 'mysql2/promise';
import type { CatalogueProduct } from '../../domain/product.js';
import type { Transaction } from '../driver/transaction.js';

const columns = `sku, name, unit_price AS unitPrice, currency, active, max_per_order AS maxPerOrder, available, reserved,
  sold`;

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
