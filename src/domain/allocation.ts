import type { OrderLine } from './order.js';

/** A product and its stock inside one transaction. `unitPrice` is in minor units. */
export interface Product {
  readonly sku: string;
  readonly unitPrice: number;
  readonly currency: string;
  readonly available: number;
  /** Whether customers can buy the product. */
  readonly active: boolean;
  /** The most units in one order; null: no limit of the product. */
  readonly maxPerOrder: number | null;
}

export interface RequestedLine {
  readonly sku: string;
  readonly quantity: number;
  /** An agreed price, in minor units; absent for the price of the catalogue. */
  readonly unitPrice?: number | undefined;
}

export interface ShortLine {
  readonly sku: string;
  readonly requested: number;
  readonly available: number;
}

/** A line with more units than one order may have of the product. */
export interface LargeLine {
  readonly sku: string;
  readonly requested: number;
  readonly limit: number;
}

export type Allocation =
  | {
      readonly kind: 'reserved';
      readonly items: readonly OrderLine[];
      readonly amount: number;
      readonly currency: string;
    }
  | { readonly kind: 'out-of-stock'; readonly short: readonly ShortLine[] }
  | { readonly kind: 'unknown-sku'; readonly skus: readonly string[] }
  | { readonly kind: 'not-for-sale'; readonly skus: readonly string[] }
  | { readonly kind: 'too-many-of-product'; readonly large: readonly LargeLine[] }
  | { readonly kind: 'mixed-currency'; readonly currencies: readonly string[] }
  | { readonly kind: 'amount-too-large' };

/** Returns why the request at this index is refused at this price, or `undefined` when the request is admitted. */
type Admission<R> = (index: number, price: Price) => R | undefined;

/** `amount` is in minor units. */
export interface Price {
  readonly amount: number;
  readonly currency: string;
}

/** An order of its own, for comparisons of requests. The database locks SKUs in the order of its key. */
export const bySku = (a: { readonly sku: string }, b: { readonly sku: string }): number =>
  a.sku < b.sku ? -1 : a.sku > b.sku ? 1 : 0;

/** Lines of one SKU become one line, at the price of the first one; the result is sorted. */
export function mergeLines(lines: readonly RequestedLine[]): RequestedLine[] {
  const merged = new Map<string, RequestedLine>();
  for (const line of lines) {
    const { sku, quantity, unitPrice } = merged.get(line.sku) ?? { ...line, quantity: 0 };
    merged.set(sku, { sku, quantity: quantity + line.quantity, ...(unitPrice !== undefined && { unitPrice }) });
  }
  return [...merged.values()].sort(bySku);
}

/** The lines whose price is not the price of an earlier line of the same SKU. An order has one price of a SKU. */
export function otherPrices(lines: readonly RequestedLine[]): number[] {
  const prices = new Map<string, number | undefined>();
  return lines.flatMap(({ sku, unitPrice }, index) => {
    if (!prices.has(sku)) prices.set(sku, unitPrice);
    return prices.get(sku) === unitPrice ? [] : [index];
  });
}

/**
 * Allocates stock to buyers in the order of their requests: all lines of a buyer, or none. A buyer who asks for too
 * much takes no stock from the next buyer.
 *
 * @param products the products that the transaction holds locked
 * @param requests each buyer's lines, merged by {@link mergeLines}
 * @param admit called for each request whose stock is available, in their order; a refused request takes no stock
 * @returns one allocation for each request, and the quantity of each SKU that all of them take
 */
export function allocate<R = never>(
  products: readonly Product[],
  requests: readonly (readonly RequestedLine[])[],
  admit?: Admission<R>,
): { allocations: (Allocation | R)[]; taken: RequestedLine[] } {
  const catalogue = new Map(products.map((product) => [product.sku, product]));
  const left = new Map(products.map((product) => [product.sku, product.available]));
  const taken: RequestedLine[] = [];
  const allocations = requests.map((lines, index) => {
    const allocation = allocateOne(catalogue, left, lines);
    if (allocation.kind !== 'reserved') return allocation;
    const refusal = admit?.(index, allocation);
    if (refusal !== undefined) return refusal;
    for (const { sku, quantity } of lines) left.set(sku, (left.get(sku) ?? 0) - quantity);
    taken.push(...lines.map(({ sku, quantity }) => ({ sku, quantity })));
    return allocation;
  });
  return { allocations, taken: mergeLines(taken) };
}

function allocateOne(
  catalogue: ReadonlyMap<string, Product>,
  left: ReadonlyMap<string, number>,
  lines: readonly RequestedLine[],
): Allocation {
  const unknown = lines.filter(({ sku }) => !catalogue.has(sku));
  if (unknown.length > 0) return { kind: 'unknown-sku', skus: unknown.map(({ sku }) => sku) };

  const retired = lines.filter(({ sku }) => catalogue.get(sku)?.active === false);
  if (retired.length > 0) return { kind: 'not-for-sale', skus: retired.map(({ sku }) => sku) };

  // Decided before the stock: more stock would not help this request.
  const large = lines.flatMap(({ sku, quantity }) => {
    const limit = catalogue.get(sku)?.maxPerOrder ?? null;
    return limit !== null && quantity > limit ? [{ sku, requested: quantity, limit }] : [];
  });
  if (large.length > 0) return { kind: 'too-many-of-product', large };

  const short = lines
    .map(({ sku, quantity }) => ({ sku, requested: quantity, available: left.get(sku) ?? 0 }))
    .filter(({ requested, available }) => requested > available);
  if (short.length > 0) return { kind: 'out-of-stock', short };

  const items: OrderLine[] = [];
  const currencies = new Set<string>();
  let amount = 0;
  for (const { sku, quantity, unitPrice: agreed } of lines) {
    const product = catalogue.get(sku);
    if (product === undefined) continue;
    const unitPrice = agreed ?? product.unitPrice;
    items.push({ sku, quantity, unitPrice });
    currencies.add(product.currency);
    amount += unitPrice * quantity;
  }
  const [currency, ...others] = currencies;
  if (currency === undefined || others.length > 0) return { kind: 'mixed-currency', currencies: [...currencies] };
  if (!Number.isSafeInteger(amount)) return { kind: 'amount-too-large' };
  return { kind: 'reserved', items, amount, currency };
}
