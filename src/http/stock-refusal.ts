import type { RefusedChange, StockChangeResult } from '../domain/stock-change.js';
import { refusal } from './checkout-refusal.js';
import { Problem } from './problem.js';
import { noSuchProduct } from './sku-in-path.js';

/** The problem of a change of the stock that was not made. */
export function stockRefusal(result: Exclude<StockChangeResult, { kind: 'changed' }>, sku: string): Problem {
  switch (result.kind) {
    case 'key-reused':
      return refusal(result, []);
    case 'unknown-sku':
      return noSuchProduct(sku);
    case 'refused':
      return refusedChange(result, sku);
  }
}

function refusedChange({ because, available, reserved, requested, orders }: RefusedChange, sku: string): Problem {
  const numbers = `${sku} has ${available} available and ${reserved} reserved, and ${requested} was asked for.`;
  const stock = { available, reserved, requested };
  switch (because) {
    case 'reserved-units':
      return new Problem(
        409,
        'stock-reserved',
        'Open orders hold the stock',
        `${numbers} ${orders?.total ?? 0} open orders could no longer be met; cancelNewestOrders cancels them.`,
        { stock, ...(orders && { orders }) },
      );
    case 'not-there':
      return new Problem(409, 'stock-too-low', 'Not so much stock', numbers, { stock });
    case 'too-large':
      return new Problem(409, 'stock-too-large', 'Too much stock', `${numbers} The sum would pass 2^53.`, { stock });
  }
}
