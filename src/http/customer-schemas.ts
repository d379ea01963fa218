import { CUSTOMER_IN_WORDS, EXPECTED_CUSTOMER, LONGEST_CUSTOMER, toCustomer } from '../domain/customer.js';
import { z } from './zod.js';

/** Who buys, in a checkout and in an order. */

const wrong = { error: EXPECTED_CUSTOMER };
const number = z.int(wrong).min(1, wrong).openapi({ maximum: Number.MAX_SAFE_INTEGER });
const text = z.string().openapi({ minLength: 1, maxLength: LONGEST_CUSTOMER });

export const customer = z
  .union([number, text], wrong)
  .transform((given, context) => {
    const known = toCustomer(given);
    if (known !== undefined) return known;
    context.addIssue({ code: 'custom', message: EXPECTED_CUSTOMER });
    return z.NEVER;
  })
  .openapi({
    description: `the shop's own id of the customer: ${CUSTOMER_IN_WORDS}. The text "7" is the number 7. Absent for a guest`,
    example: 7,
  });

export const customerAnswer = z
  .union([z.int(), z.string()])
  .nullable()
  .openapi({ description: 'the userId of the checkout; null for a guest' });
