import type { LateSales } from '../domain/late-sale.js';
import type { Config } from './config.js';

/** Each process that settles payments decides late ones in the same way. */
export const lateSalesOf = (
  config: Pick<Config, 'LATE_PAYMENTS' | 'LATE_SALES_WITHIN'>,
): { readonly lateSales: LateSales | undefined } => ({
  lateSales: config.LATE_PAYMENTS === 'refund' ? undefined : { withinMs: config.LATE_SALES_WITHIN },
});
