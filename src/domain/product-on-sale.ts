/** What a shop's page shows of a product. `unitPrice` is in minor units of `currency` (ISO 4217). */
export interface ProductOnSale {
  readonly sku: string;
  readonly name: string;
  readonly unitPrice: number;
  readonly currency: string;
  /** Units that can be bought at this moment. */
  readonly available: number;
  /** The product is active, and a unit is available. */
  readonly buyable: boolean;
  /** The most units of this product in one order; null: no limit of its own. */
  readonly maxPerOrder: number | null;
}
