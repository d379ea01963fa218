import { type HelpText, MYSQL } from './help-text.js';

const REFUSED = 'there is no such product, or its stock cannot change so: the numbers are printed';

/** The help of the ledger of the stock. */
export const stockHelp: Readonly<Record<string, HelpText>> = {
  stock: {
    examples: ["stock receive mug-red 20 --reference 'PO 2041'", 'stock history mug-red'],
    reads: MYSQL,
    fails: 'there is no such product, or its stock cannot change so',
  },
  'stock receive': { examples: ['stock receive mug-red 20 --reason delivery'], reads: MYSQL, fails: REFUSED },
  'stock count': {
    examples: ['stock count mug-red 98', 'stock count mug-red 2 --dry-run --cancel-newest-orders'],
    reads: MYSQL,
    fails: 'fewer units lie there than open orders hold: the orders are named',
  },
  'stock correct': {
    examples: ['stock correct mug-red +3', 'stock correct mug-red -3 --reason typo'],
    reads: MYSQL,
    fails: REFUSED,
  },
  'stock lose': { examples: ["stock lose mug-red 2 --reason 'broken'"], reads: MYSQL, fails: REFUSED },
  'stock return': { examples: ['stock return mug-red 1 --by ada'], reads: MYSQL, fails: REFUSED },
  'stock history': { examples: ['stock history mug-red --json'], reads: MYSQL, fails: 'there is no such product' },
};
