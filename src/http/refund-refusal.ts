import type { RefundLine, RefundResult } from '../domain/order-refund.js';
import { refusal } from './checkout-refusal.js';
import { fieldError, invalid, Problem } from './problem.js';

/**
 * The problem of a refund that was not made.
 *
 * @param lines the lines of the body, so that a SKU is named by its index in the body
 */
export function refundRefusal(
  result: Exclude<RefundResult, { kind: 'refund' }>,
  lines: readonly RefundLine[] = [],
): Problem {
  switch (result.kind) {
    case 'key-reused':
      return refusal(result, []);
    case 'not-paid':
      return new Problem(
        409,
        'order-not-paid',
        'Order is not paid',
        `The order is ${result.status}: only a paid order can be refunded.`,
        { orderStatus: result.status },
      );
    case 'not-captured':
      return new Problem(
        409,
        'payment-not-captured',
        'Payment is not captured yet',
        'The money of the order is authorised, and its capture is owed. Ask again once it is captured.',
      );
    case 'unknown-sku':
      return invalid(
        lines.flatMap(({ sku }, index) =>
          result.skus.includes(sku) ? [fieldError(['lines', index, 'sku'], 'expected a SKU of the order')] : [],
        ),
      );
    case 'too-many-units': {
      const units = result.lines.map(({ sku, requested, left }) => `${requested} of ${sku}, of which ${left} are left`);
      return new Problem(
        409,
        'refund-too-many-units',
        'Not so many units left',
        `The refund has ${units.join(', and ')}.`,
        { lines: result.lines },
      );
    }
    case 'too-much': {
      const { paid, left, requested } = result;
      return new Problem(
        409,
        'refund-too-large',
        'Not so much money left',
        `The refund is of ${requested}, and ${left} are left of the ${paid} that were paid (minor units). An amount beside the lines replaces their price.`,
        { refund: { paid, left, requested } },
      );
    }
    case 'nothing-left':
      return new Problem(
        409,
        'refund-of-nothing',
        'Nothing goes back',
        'No money is left to go back for this, and no units go back to the shelf.',
      );
    case 'stock-too-large':
      return new Problem(409, 'stock-too-large', 'Too much stock', `The stock of ${result.sku} would pass 2^53.`);
  }
}
