/**
 * What happened to the stock of a SKU outside of orders. `opening` is written by the system, and no request asks for this
 * kind.
 */
export const CHANGE_KINDS = ['received', 'counted', 'corrected', 'lost', 'returned'] as const;

export type ChangeKind = (typeof CHANGE_KINDS)[number];

/**
 * `quantity` is the units that came (received, returned) or went (lost), a signed number (corrected), or what lies on
 * the shelf, reserved units included (counted).
 */
export interface AskedChange {
  readonly sku: string;
  readonly kind: ChangeKind;
  readonly quantity: number;
  readonly reason: string | null;
  /** The shop's own. */
  readonly reference: string | null;
  readonly by: string;
  readonly idempotencyKey: string;
  /** Cancels the newest open orders that hold the SKU, until the other orders can be met. Of a count or a loss only. */
  readonly cancelNewestOrders: boolean;
}

export interface StockChangeRequest extends AskedChange {
  /** SHA-256 of what is asked: a retry has the same one, and another request under the same key has another. */
  readonly fingerprint: Buffer;
}

/** A row of the ledger. `quantity` is signed: what the change has added to the stock. */
export interface StockChange {
  readonly changeId: number;
  readonly sku: string;
  readonly kind: ChangeKind | 'opening';
  readonly quantity: number;
  readonly counted: number | null;
  readonly reason: string | null;
  readonly reference: string | null;
  readonly by: string;
  readonly changedAt: Date;
  /** After the change. */
  readonly available: number;
  readonly reserved: number;
  /** The orders that the change has canceled. */
  readonly canceledOrders: readonly string[];
}

export interface StockLevel {
  readonly available: number;
  readonly reserved: number;
  readonly sold: number;
}

/**
 * Why the stock cannot change so. `reserved-units`: open orders hold the missing units, and could be canceled.
 * `not-there`: there are fewer units than that in all. `too-large`: the sums would pass 2^53.
 */
export type Impossible = 'reserved-units' | 'not-there' | 'too-large';

/** A part of the ledger of a SKU, the newest change first. */
export interface StockHistory {
  readonly changes: readonly StockChange[];
  /** Where the next page begins: the changes before this id. Absent on the last page. */
  readonly before?: number;
}

export interface RefusedChange {
  readonly kind: 'refused';
  readonly because: Impossible;
  readonly available: number;
  readonly reserved: number;
  readonly requested: number;
  /** The units that open orders would have to give back. 0 where this does not help. */
  readonly missing: number;
  /** The newest open orders that hold the missing units: `total` of them, and the first of their ids. */
  readonly orders?: { readonly total: number; readonly newest: readonly string[] };
}

export type StockChangeResult =
  | { readonly kind: 'changed'; readonly change: StockChange; readonly replayed: boolean }
  | { readonly kind: 'key-reused' }
  | { readonly kind: 'unknown-sku' }
  | RefusedChange;

type Asked = Pick<StockChangeRequest, 'kind' | 'quantity'>;

/** @returns the stock after the change, and what the change adds to it; or why the stock cannot change so */
export function applyChange<S extends StockLevel>(
  stock: S,
  { kind, quantity }: Asked,
): { readonly kind: 'applied'; readonly delta: number; readonly after: S } | RefusedChange {
  const { available, reserved, sold } = stock;
  const delta = deltaOf(stock, { kind, quantity });
  const refused = (because: Impossible, missing = 0): RefusedChange => ({
    kind: 'refused',
    because,
    available,
    reserved,
    requested: quantity,
    missing,
  });
  if (!Number.isSafeInteger(available + reserved + sold + delta)) return refused('too-large');
  if (available + delta >= 0) return { kind: 'applied', delta, after: { ...stock, available: available + delta } };
  const missing = -(available + delta);
  const isCancelable = kind !== 'corrected' && missing <= reserved;
  return isCancelable ? refused('reserved-units', missing) : refused('not-there');
}

function deltaOf({ available, reserved }: StockLevel, { kind, quantity }: Asked): number {
  switch (kind) {
    case 'counted':
      return quantity - (available + reserved);
    case 'lost':
      return -quantity;
    case 'received':
    case 'returned':
    case 'corrected':
      return quantity;
  }
}
