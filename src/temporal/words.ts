import { type Customer, customerInWords } from '../domain/customer.js';
import { cut } from '../domain/in-words.js';
import { LONGEST_SKU } from '../domain/sku.js';

/** Temporal Cloud refuses a start with more bytes of a summary. */
const MOST_OF_SUMMARY = 400;
/** A customer with the word before; another service may name longer ones. */
const LONGEST_NAMED = 80;

/**
 * The signs that the Web UI takes for Markdown, for HTML or for an address within a line. An underscore within a word has
 * no meaning. The Web UI shows the backslash before any other sign, such as a slash.
 */
const signs = /[\\`*<>[~|]|&(?=[\w#])|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|:(?=\/\/)/gu;

/** The text in one line as Markdown that shows the text as it is. @param longest characters */
export const plain = (text: string, longest: number): string =>
  cut(text.replaceAll(/\s+/g, ' '), longest).replaceAll(signs, String.raw`\$&`);

export const plainSku = (sku: string): string => plain(sku, LONGEST_SKU);

export const plainCustomer = (customer: Customer | undefined): string =>
  plain(customerInWords(customer), LONGEST_NAMED);

/** A summary is kept as JSON. A longer text is cut, and ends with `…`. */
export function summaryOf(text: string): string {
  if (bytesOf(text) <= MOST_OF_SUMMARY) return text;
  const kept: string[] = [];
  let bytes = bytesOf('…');
  for (const character of text) {
    bytes += bytesOf(character) - bytesOf('');
    if (bytes > MOST_OF_SUMMARY) break;
    kept.push(character);
  }
  return `${kept.join('')}…`;
}

const bytesOf = (text: string): number => Buffer.byteLength(JSON.stringify(text));
