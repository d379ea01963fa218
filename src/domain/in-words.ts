import { currencyDigits, toDecimal } from './currency.js';
import type { OrderLine } from './order.js';

/** Temporal takes at most so many bytes of a summary. */
const SUMMARY_BYTES = 400;
/** Characters, which may have four bytes each. */
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
export const skuInWords = (sku: string): string =>
  sku.length > LONGEST_SKU ? `${sku.slice(0, LONGEST_SKU - 1)}…` : sku;

/** @returns what was bought in a few words, such as `2 × mug-red, 1 × lamp and 3 more`; always at least one line */
export function itemsInWords(items: readonly Pick<OrderLine, 'sku' | 'quantity'>[]): string {
  let words = '';
  for (const [index, { sku, quantity }] of items.entries()) {
    const longer = `${index === 0 ? '' : `${words}, `}${quantity} × ${skuInWords(sku)}`;
    if (index > 0 && longer.length > LONGEST_ITEMS) return `${words} and ${items.length - index} more`;
    words = longer;
  }
  return words;
}

/** @returns the summary of a workflow; the end of one that is too long for Temporal is cut */
export function summaryOf(text: string): string {
  const encoder = new TextEncoder();
  if (encoder.encode(text).length <= SUMMARY_BYTES) return text;
  const { read } = encoder.encodeInto(text, new Uint8Array(SUMMARY_BYTES - encoder.encode('…').length));
  return `${text.slice(0, read)}…`;
}
