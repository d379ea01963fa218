import { styleText } from 'node:util';
import { loadConfig } from '../config/config.js';
import { findProduct, listProducts } from '../db/catalogue/products.js';
import { previewProducts, saveProducts } from '../db/catalogue/save-products.js';
import type { Pool } from '../db/driver/pool.js';
import { currencyDigits, toMinorUnits } from '../domain/currency.js';
import { priceInWords } from '../domain/in-words.js';
import type { SavedProduct, WantedProduct } from '../domain/product.js';
import { CommandError } from './command-error.js';
import { counted } from './counted.js';
import { onOneLine, quoted, savedInWords, stockOf, termsOf } from './product-words.js';
import { requireSchema } from './require-schema.js';
import { withMysql } from './with-mysql.js';

interface Output {
  readonly json: boolean;
  readonly say: (line: string) => void;
}

interface Change extends Output {
  readonly dryRun: boolean;
  readonly by: string;
}

/** Opens the database that `env` names, for one command. */
export async function withProducts<T>(env: NodeJS.ProcessEnv, work: (pool: Pool) => Promise<T>): Promise<T> {
  // An import holds a lock on a connection of its own.
  return await withMysql(loadConfig(env, ['MYSQL_URL']).MYSQL_URL, 2, async (pool) => {
    await requireSchema(pool);
    return await work(pool);
  });
}

export interface ListOptions {
  readonly active?: boolean;
  readonly text?: string;
  readonly after?: string;
  readonly limit: number;
}

export async function listProductsCommand(
  pool: Pool,
  { json, say, limit, ...options }: ListOptions & Output,
): Promise<void> {
  const found = await listProducts(pool, { ...options, limit: limit + 1 });
  const products = found.slice(0, limit);
  if (json) return say(JSON.stringify(products, null, 2));
  for (const product of products) {
    say(`${styleText('bold', product.sku)}  ${onOneLine(product.name)}`);
    say(`    ${termsOf(product)}; ${stockOf(product)}`);
  }
  const last = products.at(-1);
  const more = found.length > limit && last !== undefined ? `; the next ones: --after ${quoted(last.sku)}` : '.';
  say(`${counted(products.length, 'product')}${more}`);
}

/** @returns false when there is no such product */
export async function showProductCommand(pool: Pool, sku: string, { json, say }: Output): Promise<boolean> {
  const product = await findProduct(pool, sku);
  if (product === undefined) {
    const missing = `There is no product ${quoted(sku)}. To look for one: orders products list --text ${quoted(sku)}`;
    say(json ? JSON.stringify({ error: missing }) : missing);
    return false;
  }
  if (json) say(JSON.stringify(product, null, 2));
  else {
    const { unitPrice, currency, ...others } = product;
    const name = onOneLine(product.name);
    const lines = {
      ...others,
      name,
      price: priceInWords(unitPrice, currency),
      maxPerOrder: others.maxPerOrder ?? 'none',
    };
    for (const [name, value] of Object.entries(lines)) say(`${`${name}:`.padEnd(16)}${value}`);
  }
  return true;
}

export type SetOptions = Pick<WantedProduct, 'name' | 'currency' | 'active'> & {
  readonly price?: string;
  readonly maxPerOrder?: number | 'none';
};

/**
 * @returns false when the product is new and lacks a field
 * @throws {CommandError} when the price does not fit its currency
 */
export async function setProductCommand(
  pool: Pool,
  sku: string,
  { price, maxPerOrder, ...fields }: SetOptions,
  change: Change,
): Promise<boolean> {
  const before = price === undefined && fields.currency === undefined ? undefined : await findProduct(pool, sku);
  const currency = fields.currency ?? before?.currency;
  if (price === undefined && before !== undefined && currency !== before.currency) {
    throw new CommandError(`--currency needs --price: the price of ${quoted(sku)} is in ${before.currency}.`);
  }
  if (price !== undefined && currency === undefined) {
    throw new CommandError(`--price needs --currency: there is no product ${quoted(sku)} yet.`);
  }
  const priced = price === undefined ? {} : { unitPrice: minorUnits(price, currency ?? ''), currency };
  const limit = maxPerOrder === 'none' ? null : maxPerOrder;
  const [saved] = await save(pool, [{ sku, ...fields, ...priced, maxPerOrder: limit }], change);
  if (saved === undefined) return false;
  if (change.json) change.say(JSON.stringify({ ...saved, dryRun: change.dryRun }, null, 2));
  else change.say(savedInWords(saved, change.dryRun));
  return saved.outcome !== 'incomplete';
}

/** @returns false when a product is not there: it is named, and the others are taken off sale */
export async function retireCommand(pool: Pool, skus: readonly string[], change: Change): Promise<boolean> {
  const saved: SavedProduct[] = [];
  for (const sku of skus) saved.push(...(await save(pool, [{ sku, active: false }], change)));
  if (change.json) change.say(JSON.stringify(saved, null, 2));
  else {
    for (const one of saved) {
      const isThere = one.outcome !== 'incomplete';
      const held = isThere ? ((await findProduct(pool, one.sku))?.reserved ?? 0) : 0;
      change.say(
        isThere ? `${savedInWords(one, change.dryRun)}${heldBy(held)}` : `There is no product ${quoted(one.sku)}.`,
      );
    }
  }
  return saved.every(({ outcome }) => outcome !== 'incomplete');
}

const heldBy = (units: number): string =>
  units === 0 ? '' : ` ${counted(units, 'unit')} in open orders: they can still be paid.`;

const save = (pool: Pool, products: readonly WantedProduct[], { dryRun, by }: Change): Promise<SavedProduct[]> =>
  dryRun ? previewProducts(pool, products) : saveProducts(pool, products, { by });

function minorUnits(price: string, currency: string): number {
  const amount = toMinorUnits(price.trim(), currency);
  if (amount !== undefined) return amount;
  const digits = currencyDigits(currency) ?? 0;
  const example = (1250 / 10 ** Math.min(digits, 2)).toFixed(digits);
  throw new CommandError(`--price expects a price in ${currency} such as ${example}, not ${quoted(price)}.`);
}
