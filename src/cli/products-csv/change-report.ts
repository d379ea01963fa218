import { priceInWords } from '../../domain/in-words.js';
import type { ProductFields, SavedProduct } from '../../domain/product.js';
import { quoted } from './bad-csv.js';

type Saved = Exclude<SavedProduct, { readonly outcome: 'incomplete' }>;

/** How many products of a file had each outcome. */
export type Tally = Record<Saved['outcome'], number>;

/** @returns a line that says what would become of a product; `undefined` when the product stays as it is */
export function changeInWords({ sku, outcome, before, product }: Saved, stock = 0): string | undefined {
  if (outcome === 'unchanged') return undefined;
  const after = valuesOf(product);
  if (before === undefined) {
    const { name, price, ...others } = after;
    const more = Object.entries({ ...others, stock }).map(([field, value]) => `${field} ${value}`);
    return `create ${sku}: ${[name, price, ...more].join(', ')}`;
  }
  const was = valuesOf(before);
  const changes = Object.entries(after).flatMap(([field, value]) => {
    const old = was[field as keyof typeof was];
    return old === value ? [] : [`${field} ${old} → ${value}`];
  });
  return `change ${sku}: ${changes.join(', ')}`;
}

const valuesOf = ({ name, unitPrice, currency, active, maxPerOrder }: ProductFields) => ({
  name: quoted(name),
  price: priceInWords(unitPrice, currency),
  active,
  max_per_order: maxPerOrder ?? 'none',
});

/** As {@link changeInWords}, for programs. */
export const changeAsJson = ({ sku, outcome, before, product }: Saved, stock = 0) =>
  outcome === 'unchanged'
    ? undefined
    : { sku, outcome, ...(before === undefined ? { stock } : { before }), after: product };
