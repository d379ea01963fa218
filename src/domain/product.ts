/** What the shop says of a product. `unitPrice` is in minor units of `currency` (ISO 4217). */
export interface ProductFields {
  readonly sku: string;
  /** For people. */
  readonly name: string;
  readonly unitPrice: number;
  readonly currency: string;
  /** Whether customers can buy the product. Open orders of an inactive product are paid or canceled as usual. */
  readonly active: boolean;
  /** The most units in one order; null: no limit of its own. */
  readonly maxPerOrder: number | null;
}

/** A product of the catalogue, with its stock. */
export interface CatalogueProduct extends ProductFields {
  readonly available: number;
  readonly reserved: number;
  readonly sold: number;
}

/**
 * A product as somebody wants it. A field that is absent stays as it is; in a new product `active` is then true, and
 * `maxPerOrder` is null. `openingStock` is the stock of a new product, and is ignored for a product that exists.
 */
export type WantedProduct = Pick<ProductFields, 'sku'> & {
  readonly [F in Exclude<keyof ProductFields, 'sku'>]?: ProductFields[F] | undefined;
} & { readonly openingStock?: number | undefined };

export type SavedProduct =
  | {
      readonly sku: string;
      readonly outcome: 'created' | 'changed' | 'unchanged';
      /** Of a product that existed. */
      readonly before: ProductFields | undefined;
      readonly product: ProductFields;
    }
  | {
      readonly sku: string;
      /** A new product lacks these fields. */
      readonly outcome: 'incomplete';
      readonly missing: readonly string[];
    };

/**
 * The limits of a product: `name` as its column, `unitPrice` as JSON's whole numbers, `maxPerOrder` as a line of an
 * order.
 */
export const PRODUCT_LIMITS = { name: 200, unitPrice: Number.MAX_SAFE_INTEGER, maxPerOrder: 1_000_000 } as const;

export const EXPECTED_NAME = `expected 1 to ${PRODUCT_LIMITS.name} characters, and no control character but a line break`;

/** A name of a CSV may have line breaks and tabs. */
const control = /[^\P{Cc}\t\n\r]/u;

/** @returns the name; `undefined` when the text is no name ({@link EXPECTED_NAME}) */
export function toProductName(text: string): string | undefined {
  const isName =
    text.trim() !== '' && text.isWellFormed() && !control.test(text) && [...text].length <= PRODUCT_LIMITS.name;
  return isName ? text : undefined;
}

/** @returns what becomes of a product, and whether this is a change */
export function decideSave(before: ProductFields | undefined, wanted: WantedProduct): SavedProduct {
  const { sku } = wanted;
  const name = wanted.name ?? before?.name;
  const unitPrice = wanted.unitPrice ?? before?.unitPrice;
  const currency = wanted.currency ?? before?.currency;
  if (name === undefined || unitPrice === undefined || currency === undefined) {
    const missing = Object.entries({ name, unitPrice, currency }).flatMap(([field, value]) =>
      value === undefined ? [field] : [],
    );
    return { sku, outcome: 'incomplete', missing };
  }
  const active = wanted.active ?? before?.active ?? true;
  const maxPerOrder = wanted.maxPerOrder === undefined ? (before?.maxPerOrder ?? null) : wanted.maxPerOrder;
  const product = { sku, name, unitPrice, currency, active, maxPerOrder };
  const outcome = before === undefined ? 'created' : isSame(before, product) ? 'unchanged' : 'changed';
  return { sku, outcome, before, product };
}

const isSame = (one: ProductFields, other: ProductFields): boolean =>
  (Object.keys(other) as (keyof ProductFields)[]).every((field) => one[field] === other[field]);
