import { currencyDigits, EXPECTED_CURRENCY, isCurrency, toMinorUnits } from '../../domain/currency.js';
import { EXPECTED_NAME, PRODUCT_LIMITS, toProductName } from '../../domain/product.js';
import { EXPECTED_SKU, toSku } from '../../domain/sku.js';
import { type Problem, quoted } from './bad-csv.js';
import type { Column } from './columns.js';
import type { CsvRecord } from './records.js';

/** A product of a file. A field is absent when the file has no such column. */
export interface ProductLine {
  readonly line: number;
  readonly sku: string;
  readonly name: string;
  readonly unitPrice: number;
  readonly currency: string;
  /** Absent also when the field is empty. */
  readonly stock?: number | undefined;
  readonly active?: boolean | undefined;
  readonly maxPerOrder?: number | null | undefined;
}

/** @returns the product, or what is wrong with the line */
export function readProduct(header: readonly Column[], { line, fields }: CsvRecord): ProductLine | Problem[] {
  if (fields.length !== header.length) {
    return [{ line, problem: `expected ${header.length} fields as in the header, not ${fields.length}` }];
  }
  const problems: Problem[] = [];
  const read = <T>(column: Column, parse: (text: string) => T | Refused): T | undefined => {
    const text = fields[header.indexOf(column)];
    if (text === undefined) return undefined;
    const value = parse(text);
    if (!(value instanceof Refused)) return value;
    problems.push({ line, column, problem: `${value.expected}, not ${quoted(text)}` });
    return undefined;
  };
  const currency = read('currency', currencyOf);
  const product = {
    line,
    sku: read('sku', (text) => toSku(text) ?? new Refused(EXPECTED_SKU)),
    name: read('name', (text) => toProductName(text) ?? new Refused(EXPECTED_NAME)),
    unitPrice: currency === undefined ? undefined : read('price', (text) => priceOf(text.trim(), currency)),
    currency,
    stock: read('stock', (text) => (text.trim() === '' ? undefined : wholeNumber(text, 0, Number.MAX_SAFE_INTEGER))),
    active: read('active', flagOf),
    maxPerOrder: read('max_per_order', (text) =>
      text.trim() === '' ? null : wholeNumber(text, 1, PRODUCT_LIMITS.maxPerOrder),
    ),
  };
  return problems.length === 0 ? (product as ProductLine) : problems;
}

/** The value of a field that does not have what is expected. */
class Refused {
  readonly expected: string;
  constructor(expected: string) {
    this.expected = expected;
  }
}

function currencyOf(text: string): string | Refused {
  const code = text.trim();
  return isCurrency(code) ? code : new Refused(EXPECTED_CURRENCY);
}

/** A comma followed by one or two digits separates no thousands, so the comma is a decimal point. */
const decimalComma = /^(\d+),(\d{1,2})$/;

/**
 * A comma is taken where a currency has at most two digits: in a currency of three digits `1,250` may be 1.25 or 1250.
 * A file in which some prices are refused and some not would hide the mistake, so `1,25` is refused there too.
 */
function priceOf(text: string, currency: string): number | Refused {
  const digits = currencyDigits(currency) ?? 0;
  const amount = toMinorUnits(digits <= 2 ? text.replace(decimalComma, '$1.$2') : text, currency);
  if (amount !== undefined && amount <= PRODUCT_LIMITS.unitPrice) return amount;
  const example = digits === 0 ? '1250' : `12.${'500'.padEnd(digits, '0').slice(0, digits)}`;
  const most = digits === 0 ? 'without decimals' : `with at most ${digits} decimals`;
  return new Refused(`expected a price in ${currency} ${most} and without separators of thousands, such as ${example}`);
}

function flagOf(text: string): boolean | Refused {
  const flag = text.trim().toLowerCase();
  return flag === 'true' || flag === 'false' ? flag === 'true' : new Refused('expected true or false');
}

function wholeNumber(text: string, lowest: number, highest: number): number | Refused {
  const digits = text.trim();
  const number = /^\d{1,16}$/.test(digits) ? Number(digits) : Number.NaN;
  return number >= lowest && number <= highest
    ? number
    : new Refused(`expected a whole number from ${lowest} to ${highest}`);
}
