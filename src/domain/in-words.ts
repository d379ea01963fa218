import { code } from 'currency-codes';
import type { OrderLine } from './order.js';

/** Temporal keeps at most 400 bytes of a summary; a SKU may have 64 characters of four bytes. */
const LONGEST_ITEMS = 80;

/** @returns an amount of minor units as a person reads the amount, such as `25.00 EUR`, by the digits of ISO 4217 */
export function priceInWords(amount: number, currency: string): string {
  const digits = code(currency)?.digits;
  if (digits === undefined) return `${amount} minor units of ${currency}`;
  const text = String(Math.abs(amount)).padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  const fraction = digits === 0 ? '' : `.${text.slice(-digits)}`;
  return `${amount < 0 ? '-' : ''}${whole}${fraction} ${currency}`;
}

/** @returns what was bought in a few words, such as `2 × mug-red, 1 × lamp and 3 more` */
export function itemsInWords(items: readonly Pick<OrderLine, 'sku' | 'quantity'>[]): string {
  const lines = items.map(({ sku, quantity }) => `${quantity} × ${sku}`);
  const shown = lines.filter((_, index) => lines.slice(0, index + 1).join(', ').length <= LONGEST_ITEMS);
  const some = shown.length > 0 ? shown : lines.slice(0, 1);
  const more = lines.length - some.length;
  return more === 0 ? some.join(', ') : `${some.join(', ')} and ${more} more`;
}
