const LONGEST = 64;

const isVisible = (text: string): boolean => /^[^\p{C}\p{Zl}\p{Zp}]+$/u.test(text) && [...text].length <= LONGEST;

export const EXPECTED_REFERENCE = `expected the shop's own number of an order: 1 to ${LONGEST} visible characters`;

export const toReference = (text: string): string | undefined =>
  isVisible(text) && text.trim() === text ? text : undefined;

export const EXPECTED_STATUS = 'expected placed, paid or canceled';
