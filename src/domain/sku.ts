import { expectedPrintable, toPrintable } from './printable.js';

export const LONGEST_SKU = 64;

export const EXPECTED_SKU = `${expectedPrintable(LONGEST_SKU)}, and not "." or ".."`;

/** In the path of an address a browser takes these for a folder. */
const folders = ['.', '..'];

/** Most SKUs are letters, digits and dashes: they need no normalisation. */
const plain = /^[\w.-]{1,64}$/;

/**
 * A SKU in the one form in which the shop keeps SKUs: Unicode NFC, upper and lower case differ. So a SKU from a keyboard
 * that writes "ö" as two characters is the same SKU.
 *
 * @returns `undefined` when the text is no SKU ({@link EXPECTED_SKU})
 */
export function toSku(text: string): string | undefined {
  if (folders.includes(text)) return undefined;
  return plain.test(text) ? text : toPrintable(text, LONGEST_SKU);
}
