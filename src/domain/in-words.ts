import { currencyDigits, toDecimal } from './currency.js';
import type { OrderLine } from './order.js';

/** Characters. Temporal keeps at most 400 bytes of a summary, and a character may have four bytes. */
const LONGEST_ITEMS = 80;
/** As the catalogue's column; a message of another service may bring a longer text. */
const LONGEST_SKU = 64;

/** @returns an amount of minor units as a person reads the amount, such as `25.00 EUR`, by the digits of ISO 4217 */
export function priceInWords(amount: number, currency: string): string {
  return currencyDigits(currency) === undefined
    ? `${amount} minor units of ${currency}`
    : `${toDecimal(amount, currency)} ${currency}`;
}

/** @returns the SKU; a SKU that no catalogue can hold is cut */
const skuInWords = (sku: string): string => cut(sku, LONGEST_SKU);

/** A half of a character breaks a page: a browser cannot make an address of it. @param longest characters */
export function cut(text: string, longest: number): string {
  const characters = text.length > longest ? [...text] : [];
  return characters.length > longest ? `${characters.slice(0, longest - 1).join('')}…` : text;
}

/**
 * @param inWords how a SKU is written
 * @returns what was bought in a few words, such as `2 × mug-red, 1 × lamp and 3 more`; always at least one line
 */
export function itemsInWords(items: readonly Pick<OrderLine, 'sku' | 'quantity'>[], inWords = skuInWords): string {
  let words = '';
  for (const [index, { sku, quantity }] of items.entries()) {
    const longer = `${index === 0 ? '' : `${words}, `}${quantity} × ${inWords(sku)}`;
    if (index > 0 && longer.length > LONGEST_ITEMS) return `${words} and ${items.length - index} more`;
    words = longer;
  }
  return words;
}
