import { priceInWords } from '../domain/in-words.js';
import type { CatalogueProduct, ProductFields, SavedProduct } from '../domain/product.js';

/** What became of a product, as a sentence. */
export function savedInWords(saved: SavedProduct, dryRun: boolean): string {
  const sku = quoted(saved.sku);
  if (saved.outcome === 'incomplete') {
    const options = saved.missing.map((field) => (field === 'unitPrice' ? '--price' : `--${field}`));
    return `not created: there is no product ${sku} yet, and a new one needs ${options.join(', ')} too.`;
  }
  if (saved.outcome === 'unchanged') return `${sku} is so already: ${termsOf(saved.product)}.`;
  const done = dryRun ? `would be ${saved.outcome}` : `is ${saved.outcome}`;
  const was = saved.before === undefined ? '' : `; it was: ${onOneLine(saved.before.name)}, ${termsOf(saved.before)}`;
  return `${sku} ${done}: ${onOneLine(saved.product.name)}, ${termsOf(saved.product)}${was}.`;
}

export const termsOf = ({ unitPrice, currency, active, maxPerOrder }: ProductFields): string =>
  [
    priceInWords(unitPrice, currency),
    active ? 'for sale' : 'off sale',
    ...(maxPerOrder === null ? [] : [`at most ${maxPerOrder} in one order`]),
  ].join(', ');

export const stockOf = ({ available, reserved, sold }: CatalogueProduct): string =>
  `${available} available, ${reserved} reserved, ${sold} sold`;

/** A name may have line breaks, and characters that a terminal takes for commands. */
export const onOneLine = (name: string): string => name.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');

/** @returns the SKU as an argument for a shell: it may have blanks, quotes and other marks */
export const quoted = (sku: string): string =>
  /^[\w./-]+$/.test(sku) ? sku : `'${sku.replaceAll("'", String.raw`'\''`)}'`;
