import type { Price } from './allocation.js';
import type { HoardingLimits } from './hoarding.js';

/** What a checkout may be refused for beside its stock. */
export interface CheckoutLimits extends HoardingLimits {
  /** What each amount of a currency has to be a multiple of, in minor units, so that a payment provider can take it. */
  readonly amountStep?: (currency: string) => number;
}

export interface UnpayableAmount {
  readonly kind: 'amount-not-payable';
  readonly currency: string;
  readonly step: number;
}

/** Refused before stock is held for an order that nobody could pay exactly. */
export function unpayable({ amountStep }: CheckoutLimits, { amount, currency }: Price): UnpayableAmount | undefined {
  const step = amountStep?.(currency) ?? 1;
  return amount % step === 0 ? undefined : { kind: 'amount-not-payable', currency, step };
}
