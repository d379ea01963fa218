export const LONGEST_SKU = 64;

export const EXPECTED_SKU = `expected 1 to ${LONGEST_SKU} printable characters without a blank at the beginning or end`;

/** No control, format, private or unassigned character, no half of a surrogate pair, no line separator. */
const printable = /^[^\p{C}\p{Zl}\p{Zp}]+$/u;

/** Most SKUs are letters, digits and dashes: they need no normalisation. */
const plain = /^[\w.-]{1,64}$/;

/**
 * A SKU in the one form in which the shop keeps SKUs: Unicode NFC, upper and lower case differ. So a SKU from a keyboard
 * that writes "ö" as two characters is the same SKU.
 *
 * @returns `undefined` when the text is no SKU ({@link EXPECTED_SKU})
 */
export function toSku(text: string): string | undefined {
  if (plain.test(text)) return text;
  // Before the normalisation, which is slow for a text of megabytes. NFC makes a text at most three times shorter.
  if (text.length > 6 * LONGEST_SKU) return undefined;
  const sku = text.normalize('NFC');
  const isSku = printable.test(sku) && sku.trim() === sku && [...sku].length <= LONGEST_SKU;
  return isSku ? sku : undefined;
}
