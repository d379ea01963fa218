import { code } from 'currency-codes';
import type { OrderLine } from './order.js';

/** In characters. Temporal keeps at most 400 bytes of a summary, and a character has up to four bytes. */
const LONGEST_ITEMS = 80;

/** @returns an amount in minor units as a person reads it, such as `25.00 EUR`, with the digits of ISO 4217 */
export function priceInWords(amount: number, currency: string): string {
  const digits = code(currency)?.digits;
  if (digits === undefined) return `${amount} minor units of ${currency}`;
  const text = String(Math.abs(amount)).padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  const fraction = digits === 0 ? '' : `.${text.slice(-digits)}`;
  return `${amount < 0 ? '-' : ''}${whole}${fraction} ${currency}`;
}

/** @returns the order's lines in a few words, such as `2 × mug-red, 1 × lamp and 3 more` */
export function itemsInWords(items: readonly Pick<OrderLine, 'sku' | 'quantity'>[]): string {
  const lines = items.map(({ sku, quantity }) => `${quantity} × ${sku}`);
  const fitting = lines.filter((_, index) => lines.slice(0, index + 1).join(', ').length <= LONGEST_ITEMS);
  const named = fitting.length > 0 ? fitting : lines.slice(0, 1);
  const more = lines.length - named.length;
  return more === 0 ? named.join(', ') : `${named.join(', ')} and ${more} more`;
}
