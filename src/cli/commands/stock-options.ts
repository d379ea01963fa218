import { InvalidArgumentError } from 'commander';

/** The options of the commands that write into the ledger. */

/** The lengths of the columns of `stock_changes` and `order_refunds`. */
export const LONGEST_REASON = 500;
export const LONGEST_NAME = 100;
const LONGEST_KEY = 255;

export function wholeNumber(lowest: number): (given: string) => number {
  return (given) => {
    const number = /^\d{1,16}$/.test(given) ? Number(given) : Number.NaN;
    if (Number.isSafeInteger(number) && number >= lowest) return number;
    throw new InvalidArgumentError(`Expected a whole number from ${lowest}.`);
  };
}

export function key(given: string): string {
  if (/^[\x21\x23-\x7e][\x21-\x7e]*$/.test(given) && given.length <= LONGEST_KEY) return given;
  throw new InvalidArgumentError(`--key expects 1 to ${LONGEST_KEY} visible ASCII characters, no quote first.`);
}

export const text =
  (option: string, longest: number) =>
  (given: string): string => {
    const trimmed = given.trim();
    if (trimmed !== '' && trimmed.length <= longest && !/\p{Cc}/u.test(trimmed)) return trimmed;
    throw new InvalidArgumentError(`${option} expects 1 to ${longest} characters without control characters.`);
  };
