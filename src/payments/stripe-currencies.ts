/**
 * The currencies whose smallest unit at Stripe is not the minor unit of ISO 4217. The list is from
 * https://docs.stripe.com/currencies ("Zero-decimal currencies", "Three-decimal currencies", "Special cases"), compared
 * with ISO 4217's table of minor units:
 *
 * - ISK and UGX have no decimals in ISO. Stripe requires two decimals, which are always 00.
 * - MGA has two decimals in ISO and none at Stripe.
 * - BHD, JOD, KWD, OMR and TND have three decimals in both. Stripe refuses an amount whose last digit is not 0.
 *
 * HUF and TWD are special for payouts only. Every other currency has the same unit at Stripe and in ISO.
 */
interface Unit {
  /** How many of Stripe's units one of our units has. */
  readonly more?: number;
  /** How many of our units one of Stripe's units has. */
  readonly fewer?: number;
  /** Each amount is a multiple of this number of our units. */
  readonly step: number;
}

const units = new Map<string, Unit>([
  ['ISK', { more: 100, step: 1 }],
  ['UGX', { more: 100, step: 1 }],
  ['MGA', { fewer: 100, step: 100 }],
  ...['BHD', 'JOD', 'KWD', 'OMR', 'TND'].map((code): [string, Unit] => [code, { step: 10 }]),
]);

const asInIso: Unit = { step: 1 };

/** @returns the amount in Stripe's units; `undefined` for an amount that is not a multiple of the step */
export function toStripe(amount: number, currency: string): number | undefined {
  const { more = 1, fewer = 1, step } = units.get(currency) ?? asInIso;
  return amount % step === 0 ? (amount / fewer) * more : undefined;
}

/** @returns the amount in our minor units; `undefined` when it is not a whole number of them */
export function fromStripe(amount: number, currency: string): number | undefined {
  const { more = 1, fewer = 1 } = units.get(currency) ?? asInIso;
  return amount % more === 0 ? (amount / more) * fewer : undefined;
}

/** Stripe takes multiples of this number of minor units. */
export const stripeStep = (currency: string): number => (units.get(currency) ?? asInIso).step;
