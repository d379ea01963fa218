import type { LargeLine } from '../domain/allocation.js';
import type { CheckoutResult, ReferenceUsed } from '../domain/checkout.js';
import type { AmountNegative } from '../domain/totals.js';
import type { Caller } from './checkout-caller.js';
import { EXPECTED_KEY } from './idempotency-key.js';
import { fieldError, invalid, Problem } from './problem.js';

/** The problems of a refused checkout. The examples in `/openapi.json` are from here too. */

export function keyRefusal(): Problem {
  const detail = `expected ${EXPECTED_KEY}`;
  return new Problem(400, 'idempotency-key', 'Idempotency-Key missing or wrong', `Idempotency-Key: ${detail}`, {
    errors: [{ field: 'Idempotency-Key', detail }],
  });
}

/**
 * @param items the lines of the body, so that a refused SKU is named by its indexes in the body
 * @param caller the backend of the shop learns of every order
 */
export function refusal(
  result: Exclude<CheckoutResult, { kind: 'reserved' }>,
  items: readonly { readonly sku: string }[],
  { isBackend }: Caller = { isBackend: false },
): Problem {
  switch (result.kind) {
    case 'key-reused':
      return new Problem(
        422,
        'idempotency-key-reused',
        'Idempotency-Key used before',
        'This Idempotency-Key was used with another body.',
        { errors: [{ field: 'Idempotency-Key', detail: 'expected a key that was not used with another body' }] },
      );
    case 'out-of-stock':
      return new Problem(409, 'out-of-stock', 'Out of stock', `Not enough of ${named(result.short)}.`, {
        lines: result.short,
      });
    case 'unknown-sku':
      return invalid(
        linesOf(items, result.skus).map((index) => {
          return fieldError(['items', index, 'sku'], 'expected a SKU of the catalogue');
        }),
      );
    case 'not-for-sale':
      return new Problem(409, 'not-for-sale', 'Not for sale', `Not for sale: ${result.skus.join(', ')}.`, {
        errors: linesOf(items, result.skus).map((index) => {
          return fieldError(['items', index, 'sku'], 'expected a product that is for sale');
        }),
      });
    case 'too-many-of-product':
      return tooManyOfProduct(result.large, items);
    case 'mixed-currency':
      return invalid([fieldError(['items'], `expected one currency, not ${result.currencies.join(' and ')}`)]);
    case 'too-many-open-orders':
      return new Problem(409, 'too-many-open-orders', 'Too many open orders', tooMany(result.limit), {
        limit: result.limit,
      });
    case 'too-many-units':
      return new Problem(409, 'too-many-units', 'Too many units', `An order may have at most ${result.limit} units.`, {
        limit: result.limit,
      });
    case 'amount-not-payable':
      return invalid([
        fieldError(
          ['items'],
          `expected a total that is a multiple of ${result.step} minor units of ${result.currency}, as the payment provider takes no other`,
        ),
      ]);
    case 'amount-negative':
      return amountNegative(result);
    case 'reference-used':
      return referenceUsed(result, isBackend);
    case 'amount-too-large':
      return invalid([fieldError(['items'], 'expected a total below 2^53 minor units')]);
  }
}

const linesOf = (items: readonly { readonly sku: string }[], skus: readonly string[]): number[] =>
  items.flatMap(({ sku }, index) => (skus.includes(sku) ? [index] : []));

function tooManyOfProduct(large: readonly LargeLine[], items: readonly { readonly sku: string }[]): Problem {
  const limits = large.map(({ sku, limit, requested }) => `at most ${limit} of ${sku}, not ${requested}`);
  return new Problem(
    409,
    'too-many-of-product',
    'Too many of one product',
    `An order may have ${limits.join(', and ')}.`,
    {
      lines: large,
      errors: large.flatMap(({ sku, limit, requested }) =>
        linesOf(items, [sku]).map((index) =>
          fieldError(
            ['items', index, 'quantity'],
            `expected at most ${limit} of the SKU in all lines, not ${requested}`,
          ),
        ),
      ),
    },
  );
}

function amountNegative({ ofLines, ofAdjustments, currency }: AmountNegative): Problem {
  const numbers = `the lines cost ${ofLines} and the adjustments ${ofAdjustments} minor units of ${currency}`;
  const detail = `expected a total that is not negative, and ${numbers}`;
  return new Problem(422, 'amount-negative', 'Amount below zero', `adjustments: ${detail}`, {
    errors: [fieldError(['adjustments'], detail)],
  });
}

/** Another customer's order is not named: a caller without the shop's token may try any reference. */
function referenceUsed({ orderId, ofSameUser }: ReferenceUsed, isBackend: boolean): Problem {
  const isNamed = isBackend || ofSameUser;
  const detail = `expected a reference that no order has${isNamed ? `, and order ${orderId} has it` : ''}`;
  return new Problem(409, 'reference-used', 'Reference used before', `reference: ${detail}`, {
    errors: [fieldError(['reference'], detail)],
    ...(isNamed && { orderId }),
  });
}

const tooMany = (limit: number): string =>
  `A customer may have at most ${limit} orders that are not paid. Pay or cancel one, or wait until one expires.`;

const named = (lines: readonly { readonly sku: string }[]): string => lines.map(({ sku }) => sku).join(', ');
