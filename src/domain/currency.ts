import { data } from 'currency-codes';

/** The codes of ISO 4217 that have no minor unit: metals, units of account, and the codes for tests and for none. */
const notMoney: ReadonlySet<string> = new Set('XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX'.split(' '));

/**
 * What ISO 4217 changed after the library's table (`publishDate` of currency-codes): XCG took the place of ANG, and the
 * euro took the place of BGN. An update of the library fails a test until these lists are mended.
 */
const added: readonly [code: string, digits: number][] = [['XCG', 2]];
const withdrawn: ReadonlySet<string> = new Set(['ANG', 'BGN', 'CUC']);

const digitsOf: ReadonlyMap<string, number> = new Map([
  ...data.filter(({ code }) => !notMoney.has(code)).map(({ code, digits }): [string, number] => [code, digits]),
  ...added,
]);

export const EXPECTED_CURRENCY = 'expected a currency of ISO 4217 such as EUR';

/** @returns whether a shop can set a price in the currency today */
export const isCurrency = (code: string): boolean => digitsOf.has(code) && !withdrawn.has(code);

/**
 * @returns the digits of the minor unit by ISO 4217, such as 2 for EUR. Also of a withdrawn currency, because its orders
 *   remain; `undefined` for a code that is no currency
 */
export const currencyDigits = (code: string): number | undefined => digitsOf.get(code);

/**
 * @param price a decimal number such as `12.50`: no sign, no separator of thousands, no needless zero at the beginning
 * @returns the price in minor units; `undefined` when the text is no such number, has more digits than the currency, or
 *   is larger than JavaScript counts exactly
 */
export function toMinorUnits(price: string, currency: string): number | undefined {
  const digits = digitsOf.get(currency);
  const parts = /^(0|[1-9]\d{0,15})(?:\.(\d+))?$/.exec(price);
  if (digits === undefined || parts === null) return undefined;
  const [, whole = '', fraction = ''] = parts;
  if (fraction.length > digits) return undefined;
  const amount = Number(whole + fraction.padEnd(digits, '0'));
  return Number.isSafeInteger(amount) ? amount : undefined;
}

/** @returns minor units as a decimal number with all digits of the currency; {@link toMinorUnits} reads the text */
export function toDecimal(amount: number, currency: string): string {
  const digits = digitsOf.get(currency);
  if (digits === undefined) throw new RangeError(`${currency} is no currency of ISO 4217`);
  const text = String(Math.abs(amount)).padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  const fraction = digits === 0 ? '' : `.${text.slice(-digits)}`;
  return `${amount < 0 ? '-' : ''}${whole}${fraction}`;
}
