export const adjustmentKinds = ['shipping', 'tax', 'discount', 'fee'] as const;

/** Rules of thumb: more is a mistake. So many adjustments together stay far below 2^53. */
export const LIMITS = { adjustments: 50, label: 100, amount: 1_000_000_000_000 } as const;

/**
 * What an order costs beside its lines, in minor units of the order's currency: a discount is not positive, everything
 * else is not negative.
 */
export interface Adjustment {
  readonly kind: (typeof adjustmentKinds)[number];
  readonly label: string;
  readonly amount: number;
  /** A tax that the prices contain already: shown, and not added. */
  readonly included?: true;
}

/** The lines and the adjustments together would be below zero. */
export interface AmountNegative {
  readonly kind: 'amount-negative';
  readonly ofLines: number;
  readonly ofAdjustments: number;
  readonly currency: string;
}

export const sumOf = (adjustments: readonly Adjustment[]): number =>
  adjustments.reduce((sum, { amount, included }) => (included ? sum : sum + amount), 0);

/**
 * What the customer pays.
 *
 * @param lines the sum of the lines, and their currency
 * @returns the amount, or why an order cannot have it
 */
export function totalOf(
  lines: { readonly amount: number; readonly currency: string },
  adjustments: readonly Adjustment[] = [],
): number | AmountNegative | { readonly kind: 'amount-too-large' } {
  const { currency, amount: ofLines } = lines;
  const ofAdjustments = sumOf(adjustments);
  const amount = ofLines + ofAdjustments;
  if (amount < 0) return { kind: 'amount-negative', ofLines, ofAdjustments, currency };
  return Number.isSafeInteger(amount) ? amount : { kind: 'amount-too-large' };
}

/** A payment of nothing does not exist: an order that costs nothing is paid at its checkout. */
export const statusAtCheckout = ({ amount }: { readonly amount: number }): 'paid' | 'placed' =>
  amount === 0 ? 'paid' : 'placed';
