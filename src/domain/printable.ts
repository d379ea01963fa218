/** No control, format, private or unassigned character, no half of a surrogate pair, no line separator. */
const printable = /^[^\p{C}\p{Zl}\p{Zp}]+$/u;

/**
 * A text of a person in the one form in which the shop keeps such texts: Unicode NFC, so that a text from a keyboard that
 * writes "ö" as two characters is the same text. Upper and lower case differ.
 *
 * @param longest how many characters (code points) the text may have
 * @returns `undefined` when the text is empty or too long, has a blank at an end, or has a character that is not printable
 */
export function toPrintable(text: string, longest: number): string | undefined {
  // Before the normalisation, which is slow for a text of megabytes. NFC makes a text at most three times shorter.
  if (text.length > 6 * longest) return undefined;
  const kept = text.normalize('NFC');
  const isKept = printable.test(kept) && kept.trim() === kept && [...kept].length <= longest;
  return isKept ? kept : undefined;
}

export const printableInWords = (longest: number): string =>
  `1 to ${longest} printable characters without a blank at the beginning or end`;

export const expectedPrintable = (longest: number): string => `expected ${printableInWords(longest)}`;
