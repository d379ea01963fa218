import { printableInWords, toPrintable } from './printable.js';

/** A customer as the shop names them: a number, or a text that is no such number. `null` is a guest. */
export type Customer = number | string | null;

export const LONGEST_CUSTOMER = 64;

export const CUSTOMER_IN_WORDS = `a whole number from 1 to ${Number.MAX_SAFE_INTEGER}, or a text of ${printableInWords(LONGEST_CUSTOMER)}`;

export const EXPECTED_CUSTOMER = `expected ${CUSTOMER_IN_WORDS}`;

const isNumber = (number: number): boolean => Number.isSafeInteger(number) && number >= 1;

/**
 * A customer in the one form in which this code keeps and shows customers. The text "7" is the number 7, so that a shop
 * whose requests bring numbers as texts has one customer, and not two with limits and keys of their own.
 *
 * @returns `undefined` when no customer can have this id
 */
export function toCustomer(given: number | string): NonNullable<Customer> | undefined {
  if (typeof given === 'number') return isNumber(given) ? given : undefined;
  const number = /^[1-9]\d{0,15}$/.test(given) ? Number(given) : 0;
  return isNumber(number) ? number : toPrintable(given, LONGEST_CUSTOMER);
}

/** The customer of an order in a text for people, whose customer another service may have named. */
export const customerInWords = (customer: Customer | undefined): string =>
  customer === null || customer === undefined ? 'a guest' : `customer ${customer}`;
