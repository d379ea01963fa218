import { stringify } from 'csv-stringify/sync';
import { currencyDigits, toDecimal } from '../../domain/currency.js';
import type { CatalogueProduct } from '../../domain/product.js';
import { CommandError } from '../command-error.js';
import { type Column, columns } from './columns.js';

/**
 * The lines of products as an import reads them. `stock` is what lies on the shelf, reserved units included: the opening
 * stock in an empty shop, and a count that changes nothing in the same shop.
 */
export const csvOf = (products: readonly CatalogueProduct[]): string => toCsv(products.map(rowOf));

export const csvHeader = (): string => toCsv([[...columns]]);

// A carriage return at the end of a field would else become a part of the line break.
const toCsv = (rows: readonly (readonly unknown[])[]): string => stringify([...rows], { quoted_match: /[\r\n]/ });

function rowOf(product: CatalogueProduct): unknown[] {
  const { sku, name, unitPrice, currency, available, reserved, active, maxPerOrder } = product;
  if (currencyDigits(currency) === undefined) {
    throw new CommandError(`The price of ${sku} is in ${currency}, which is no currency of ISO 4217.`);
  }
  const row: Record<Column, unknown> = {
    sku,
    name,
    price: toDecimal(unitPrice, currency),
    currency,
    stock: available + reserved,
    active: String(active),
    max_per_order: maxPerOrder,
  };
  return columns.map((column) => row[column]);
}
