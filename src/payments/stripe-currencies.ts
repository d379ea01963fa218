/**
 * Amounts as Stripe counts them, where its smallest unit is not that of ISO 4217. The list is of
 * https://docs.stripe.com/currencies ("Zero-decimal currencies", "Three-decimal currencies", "Special cases"),
 * compared with ISO 4217's table of minor units:
 *
 * - ISK and UGX have no minor unit in ISO; Stripe still wants them with two decimals, which are 00.
 * - MGA has two in ISO; for Stripe it is a zero-decimal currency.
 * - BHD, JOD, KWD, OMR and TND have three in both, and Stripe takes no amount whose last digit is not 0.
 *
 * HUF and TWD are special for payouts alone. Each other currency of Stripe is counted as in ISO, in both directions.
 */
interface Unit {
  /** Stripe's units in one of ours, or ours in one of Stripe's. */
  readonly more?: number;
  readonly fewer?: number;
  /** What each amount is a multiple of, in our units. */
  readonly step: number;
}

const units = new Map<string, Unit>([
  ['ISK', { more: 100, step: 1 }],
  ['UGX', { more: 100, step: 1 }],
  ['MGA', { fewer: 100, step: 100 }],
  ...['BHD', 'JOD', 'KWD', 'OMR', 'TND'].map((code): [string, Unit] => [code, { step: 10 }]),
]);

const asInIso: Unit = { step: 1 };

/** @returns `undefined` for an amount that Stripe cannot take, since it is none of its steps */
export function toStripe(amount: number, currency: string): number | undefined {
  const { more = 1, fewer = 1, step } = units.get(currency) ?? asInIso;
  return amount % step === 0 ? (amount / fewer) * more : undefined;
}

/** @returns our minor units; `undefined` for an amount that is no whole number of them */
export function fromStripe(amount: number, currency: string): number | undefined {
  const { more = 1, fewer = 1 } = units.get(currency) ?? asInIso;
  return amount % more === 0 ? (amount / more) * fewer : undefined;
}

/** The amounts of this currency that Stripe takes, in words. */
export const stripeStep = (currency: string): number => (units.get(currency) ?? asInIso).step;
