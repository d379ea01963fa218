const LONGEST_CUSTOMER = 64;

export const EXPECTED_CUSTOMER = `expected the userId of a checkout: a number, or 1 to ${LONGEST_CUSTOMER} visible characters`;

/** The `userId` of a checkout as a text to look for. @returns `undefined` when no checkout can have this text */
export function toCustomer(text: string): string | undefined {
  return /^[^\p{C}\p{Z}]+$/u.test(text) && [...text].length <= LONGEST_CUSTOMER ? text : undefined;
}
