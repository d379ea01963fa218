import { decideSave, type ProductFields, type SavedProduct, type WantedProduct } from '../../domain/product.js';
import { isDuplicateKey, translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction, type Transaction } from '../driver/transaction.js';
import { inParts } from '../sku-parts.js';
import { selectProducts } from './product-rows.js';

interface Saving {
  /** Who changes the catalogue: the name in the ledger of the opening stock. */
  readonly by: string;
  /** A product that exists stays as it is. */
  readonly onlyNew?: boolean;
}

/** Each attempt loses to another process that created one of the products. More in a row is a fault. */
const ATTEMPTS = 10;

/**
 * Creates or changes products in one transaction. A new product gets the first row of its ledger in the same
 * transaction. When one product is incomplete, no product is saved.
 *
 * Placed orders keep their prices: their lines hold the price of their checkout. A second call with the same products
 * changes nothing.
 *
 * @param wanted each SKU once
 * @returns what became of each product, in the same order
 */
export async function saveProducts(
  pool: Pool,
  wanted: readonly WantedProduct[],
  saving: Saving,
): Promise<SavedProduct[]> {
  return await inTransaction(pool, (transaction) => saveProductsIn(transaction, wanted, saving));
}

/** @returns what {@link saveProducts} would do now; changes nothing */
export async function previewProducts(pool: Pool, wanted: readonly WantedProduct[]): Promise<SavedProduct[]> {
  try {
    return await decided(pool, wanted, '');
  } catch (error) {
    throw translated(error);
  }
}

/** As {@link saveProducts}, in a transaction of the caller. Products that stay as they are, are not locked. */
export async function saveProductsIn(
  transaction: Transaction,
  wanted: readonly WantedProduct[],
  saving: Saving,
): Promise<SavedProduct[]> {
  const all = new Map((await decided(transaction, wanted, '', saving)).map((saved) => [saved.sku, saved]));
  if (all.size !== wanted.length) throw new Error('a SKU occurs twice in the products to save');
  const isChange = ({ sku }: WantedProduct) => all.get(sku)?.outcome !== 'unchanged';
  const isIncomplete = () => [...all.values()].some(({ outcome }) => outcome === 'incomplete');
  const changes = wanted.filter(isChange);
  for (let attempt = 1; changes.length > 0 && !isIncomplete(); attempt++) {
    // Under the locks again: another process may have changed or deleted a product since.
    for (const saved of await decided(transaction, changes, 'FOR UPDATE', saving)) all.set(saved.sku, saved);
    if (isIncomplete()) break;
    await transaction.query('SAVEPOINT before_products');
    try {
      await write(transaction, changes, all, saving);
      break;
    } catch (error) {
      // Another process committed one of the new products. The next attempt locks and sees it.
      if (!isDuplicateKey(error) || attempt === ATTEMPTS) throw error;
      await transaction.query('ROLLBACK TO SAVEPOINT before_products');
    }
  }
  return wanted.flatMap(({ sku }) => all.get(sku) ?? []);
}

async function decided(
  db: Pick<Transaction, 'query'>,
  wanted: readonly WantedProduct[],
  lock: '' | 'FOR UPDATE',
  { onlyNew = false }: Partial<Saving> = {},
): Promise<SavedProduct[]> {
  const found = new Map<string, ProductFields>();
  for (const part of inParts(wanted)) {
    const skus = part.map(({ sku }) => sku);
    const rest = `FORCE INDEX (PRIMARY) WHERE sku IN (?) ORDER BY sku ${lock}`;
    for (const { available: _a, reserved: _r, sold: _s, ...fields } of await selectProducts(db, rest, [skus])) {
      found.set(fields.sku, fields);
    }
  }
  return wanted.map((product) => {
    const before = found.get(product.sku);
    return decideSave(before, onlyNew && before !== undefined ? { sku: product.sku } : product);
  });
}

async function write(
  transaction: Transaction,
  wanted: readonly WantedProduct[],
  all: ReadonlyMap<string, SavedProduct>,
  { by }: Saving,
): Promise<void> {
  const created: (ProductFields & { readonly stock: number })[] = [];
  const changed: ProductFields[] = [];
  for (const { sku, openingStock = 0 } of wanted) {
    const saved = all.get(sku);
    if (saved?.outcome === 'created') created.push({ ...saved.product, stock: openingStock });
    if (saved?.outcome === 'changed') changed.push(saved.product);
  }
  for (const part of inParts(created)) {
    await transaction.query(
      `INSERT INTO products (sku, name, unit_price, currency, active, max_per_order, initial, available) VALUES ?`,
      [part.map((p) => [p.sku, p.name, p.unitPrice, p.currency, p.active, p.maxPerOrder, p.stock, p.stock])],
    );
    await transaction.query(
      `INSERT INTO stock_changes (sku, kind, quantity, changed_by, changed_at, available_after, reserved_after)
       SELECT p.sku, 'opening', p.initial, ?, UTC_TIMESTAMP(3), p.available, p.reserved
       FROM products p WHERE p.sku IN (?) ORDER BY p.sku`,
      [by, part.map(({ sku }) => sku)],
    );
  }
  for (const part of inParts(changed)) await update(transaction, part);
}

/** The columns of the list have the types of the table's: with another type of the key the join reads the whole table. */
async function update(transaction: Transaction, changed: readonly ProductFields[]): Promise<void> {
  // 0 stands for null: MySQL and MariaDB do not agree on a null of JSON.
  const list = changed.map((product) => ({
    ...product,
    active: Number(product.active),
    maxPerOrder: product.maxPerOrder ?? 0,
  }));
  await transaction.query(
    `UPDATE JSON_TABLE(?, '$[*]' COLUMNS (
       sku VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PATH '$.sku',
       name VARCHAR(200) CHARACTER SET utf8mb4 PATH '$.name',
       unit_price BIGINT PATH '$.unitPrice',
       currency VARCHAR(3) CHARACTER SET ascii PATH '$.currency',
       active INT PATH '$.active',
       max_per_order INT PATH '$.maxPerOrder')) AS changed
     STRAIGHT_JOIN products p FORCE INDEX (PRIMARY) ON p.sku = changed.sku
     SET p.name = changed.name, p.unit_price = changed.unit_price, p.currency = changed.currency,
       p.active = changed.active, p.max_per_order = NULLIF(changed.max_per_order, 0)`,
    [JSON.stringify(list)],
  );
}
