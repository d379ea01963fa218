/**
 * `required`: the provider has not confirmed the refund yet. `failed`: the provider has refused the refund for good, and
 * a person decides. `closed`: a person has ended the refund by hand. `returned`: units came back, and no money was to go
 * back.
 */
export const REFUND_STATES = ['required', 'refunded', 'failed', 'closed', 'returned'] as const;

export type OrderRefundState = (typeof REFUND_STATES)[number];

/** Units of one SKU of an order. */
export interface RefundLine {
  readonly sku: string;
  readonly quantity: number;
}

/** What an operator asks to send back of a paid order: an amount, lines, lines at an amount, or all that is left. */
export interface AskedRefund {
  readonly orderId: string;
  /** In minor units. Without `amount` it is the price of the lines. */
  readonly amount?: number | undefined;
  readonly lines?: readonly RefundLine[] | undefined;
  /** All money and all units that are left. */
  readonly all?: true | undefined;
  /** Whether the units go back to the shelf. */
  readonly restock: boolean;
  readonly reason: string | null;
  readonly by: string;
  readonly idempotencyKey: string;
}

/** A refund as it is stored. `amount` is in minor units. */
export interface OrderRefund {
  readonly refundId: string;
  readonly orderId: string;
  /** Null where no money was to go back. */
  readonly paymentId: string | null;
  readonly amount: number;
  readonly currency: string;
  readonly state: OrderRefundState;
  readonly lines: readonly RefundLine[];
  readonly restock: boolean;
  readonly reason: string | null;
  readonly by: string;
  readonly at: Date;
  readonly refundedAt: Date | null;
  readonly providerRefundId: string | null;
  /** The amount that went back, where it is less than `amount`. */
  readonly refundedAmount: number | null;
  /** Why the refund can never succeed, in the provider's words. */
  readonly failure: string | null;
  /** How often a person has asked for the refund again after a refusal. */
  readonly attempt: number;
}

/** A refund as the order's customer sees it. */
export type ShownRefund = Pick<OrderRefund, 'refundId' | 'amount' | 'state' | 'lines' | 'at'>;

/** What is left of an order. `refunded` is all money that refunds of this order have taken so far. */
export interface Refundable {
  readonly paid: number;
  readonly refunded: number;
  /** Whether the money is authorised, and its capture is owed. */
  readonly isCapturing?: boolean;
  readonly lines: readonly (RefundLine & { readonly unitPrice: number; readonly returned: number })[];
}

export type RefundRefused =
  | { readonly kind: 'not-paid'; readonly status: 'placed' | 'canceled' }
  | { readonly kind: 'not-captured' }
  | { readonly kind: 'unknown-sku'; readonly skus: readonly string[] }
  | {
      readonly kind: 'too-many-units';
      readonly lines: readonly { readonly sku: string; readonly requested: number; readonly left: number }[];
    }
  | { readonly kind: 'too-much'; readonly paid: number; readonly left: number; readonly requested: number }
  | { readonly kind: 'nothing-left' }
  | { readonly kind: 'stock-too-large'; readonly sku: string };

export type RefundResult =
  | { readonly kind: 'refund'; readonly refund: OrderRefund; readonly replayed: boolean }
  | { readonly kind: 'key-reused' }
  | RefundRefused;

interface Allowed {
  readonly kind: 'allowed';
  readonly amount: number;
  readonly lines: readonly RefundLine[];
}

/**
 * What goes back. The price of a line is that of the catalogue or the agreed one: what a discount, a shipment or a tax
 * beside the lines has to do with a line is the shop's to say, by `amount`. Of an order that cost nothing, lines cost
 * nothing. While the capture of the money is owed, nothing goes back: the money may never come.
 */
export function decideRefund(
  asked: Pick<AskedRefund, 'amount' | 'lines' | 'all' | 'restock'>,
  { paid, refunded, isCapturing, lines: bought }: Refundable,
): Allowed | RefundRefused {
  if (isCapturing) return { kind: 'not-captured' };
  const left = paid - refunded;
  const ofOrder = new Map(bought.map((line) => [line.sku, line]));
  const lines = asked.all ? unitsLeft(bought) : merged(asked.lines ?? []);

  const unknown = lines.filter(({ sku }) => !ofOrder.has(sku)).map(({ sku }) => sku);
  if (unknown.length > 0) return { kind: 'unknown-sku', skus: unknown };
  const counted = lines.map(({ sku, quantity }) => {
    const line = ofOrder.get(sku);
    return { sku, requested: quantity, left: (line?.quantity ?? 0) - (line?.returned ?? 0) };
  });
  const short = counted.filter((line) => line.requested > line.left);
  if (short.length > 0) return { kind: 'too-many-units', lines: short };

  const price = lines.reduce((sum, { sku, quantity }) => sum + quantity * (ofOrder.get(sku)?.unitPrice ?? 0), 0);
  const requested = asked.amount ?? (asked.all ? left : paid === 0 ? 0 : price);
  if (requested > left) return { kind: 'too-much', paid, left, requested };
  const comesBack = asked.restock && lines.length > 0;
  return requested > 0 || comesBack ? { kind: 'allowed', amount: requested, lines } : { kind: 'nothing-left' };
}

const unitsLeft = (bought: Refundable['lines']): RefundLine[] =>
  bought
    .filter(({ quantity, returned }) => quantity > returned)
    .map(({ sku, quantity, returned }) => ({ sku, quantity: quantity - returned }));

/** One line for each SKU, in the order of their first line. */
function merged(lines: readonly RefundLine[]): RefundLine[] {
  const units = new Map<string, number>();
  for (const { sku, quantity } of lines) units.set(sku, (units.get(sku) ?? 0) + quantity);
  return [...units].map(([sku, quantity]) => ({ sku, quantity }));
}
