import type { Price } from './allocation.js';
import type { HoardingLimits } from './hoarding.js';

/** The reasons to refuse a checkout, besides its stock. */
export interface CheckoutLimits extends HoardingLimits {
  /** The step of a currency in minor units: the payment provider takes only amounts that are a multiple of the step. */
  readonly amountStep?: (currency: string) => number;
}

export interface UnpayableAmount {
  readonly kind: 'amount-not-payable';
  readonly currency: string;
  readonly step: number;
}

/** Refuses an amount that no payment could match exactly, before the checkout holds stock. */
export function unpayable({ amountStep }: CheckoutLimits, { amount, currency }: Price): UnpayableAmount | undefined {
  const step = amountStep?.(currency) ?? 1;
  return amount % step === 0 ? undefined : { kind: 'amount-not-payable', currency, step };
}
