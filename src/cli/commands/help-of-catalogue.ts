import { type HelpText, MYSQL } from './help-text.js';

/** Of the commands that change the catalogue and its stock. */
export const catalogueHelp: Readonly<Record<string, HelpText>> = {
  products: {
    examples: [
      'products list',
      'products import shop.csv --dry-run',
      "products set 'T-SHIRT/RED L' --name 'T-shirt, red, L' --price 19.00 --currency EUR",
    ],
    reads: MYSQL,
    fails: 'a product is not there, or could not be saved',
  },
  'products list': {
    examples: ['products list --active --text shirt', 'products list --after mug-red --limit 100 --json'],
    reads: MYSQL,
    fails: 'the database could not be read',
  },
  'products show': { examples: ['products show mug-red --json'], reads: MYSQL, fails: 'there is no such product' },
  'products set': {
    examples: [
      'products set mug-green --name Mug --price 12.50 --currency EUR --max-per-order 5',
      'products set mug-green --price 13.00 --dry-run',
    ],
    reads: MYSQL,
    fails: 'the product is new and lacks a field, or the price does not fit its currency: nothing is changed then',
  },
  'products retire': {
    examples: ['products retire mug-green mug-blue'],
    reads: MYSQL,
    fails: 'a product is not there: it is named, and the others are taken off sale',
  },
  'products import': {
    examples: ['products import shop.csv --dry-run', 'products import shop.csv --count', 'products import - --json'],
    reads: MYSQL,
    fails:
      'a line of the file is wrong: each is named, and nothing of the file is taken; or an order made a count impossible',
  },
  'products export': {
    examples: ['products export shop.csv', 'products export | head'],
    reads: MYSQL,
    fails: 'the catalogue could not be read, or the file could not be written',
  },
};
