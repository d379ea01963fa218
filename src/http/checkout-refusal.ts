import type { CheckoutResult } from '../domain/checkout.js';
import { EXPECTED_KEY } from './idempotency-key.js';
import { fieldError, invalid, Problem } from './problem.js';

/** The problems of a refused checkout. The examples in `/openapi.json` are from here too. */

export function keyRefusal(): Problem {
  const detail = `expected ${EXPECTED_KEY}`;
  return new Problem(400, 'idempotency-key', 'Idempotency-Key missing or wrong', `Idempotency-Key: ${detail}`, {
    errors: [{ field: 'Idempotency-Key', detail }],
  });
}

/** @param items the lines of the body, so that an unknown SKU is named by its index in the body */
export function refusal(
  result: Exclude<CheckoutResult, { kind: 'reserved' }>,
  items: readonly { readonly sku: string }[],
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
    case 'unknown-sku': {
      const unknown = items.flatMap(({ sku }, index) => (result.skus.includes(sku) ? [index] : []));
      return invalid(unknown.map((index) => fieldError(['items', index, 'sku'], 'expected a SKU of the catalogue')));
    }
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
    case 'amount-too-large':
      return invalid([fieldError(['items'], 'expected a total below 2^53 minor units')]);
  }
}

const tooMany = (limit: number): string =>
  `A customer may have at most ${limit} orders that are not paid. Pay or cancel one, or wait until one expires.`;

const named = (lines: readonly { readonly sku: string }[]): string => lines.map(({ sku }) => sku).join(', ');
