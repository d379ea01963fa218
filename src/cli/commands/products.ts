import { type Command, InvalidArgumentError } from 'commander';
import type { Pool } from '../../db/driver/pool.js';
import { EXPECTED_CURRENCY, isCurrency } from '../../domain/currency.js';
import { EXPECTED_NAME, PRODUCT_LIMITS, toProductName } from '../../domain/product.js';
import { EXPECTED_SKU, toSku } from '../../domain/sku.js';
import { accountName } from '../../stack/account-name.js';
import type { ListOptions, SetOptions } from '../products.js';
import { withServers } from '../with-servers.js';
import { type CommandContext, exitWith } from './command-context.js';
import { addProductFiles } from './product-files.js';

/** A rule of thumb: a person does not read a longer list; `export` has all products. */
const LONGEST_LIST = 1_000;

interface Output {
  readonly json?: boolean;
  readonly dryRun?: boolean;
}

/** The catalogue. */
export function addProducts(orders: Command, context: CommandContext): void {
  const { env, say } = context;
  const products = orders.command('products').description('the catalogue: look, change, take off sale');
  const onProducts = async <T>(work: (pool: Pool) => Promise<T>): Promise<T> => {
    const { withProducts } = await import('../products.js');
    return await withServers(env, { needed: ['MYSQL_URL'], makes: false }, (found) => withProducts(found, work));
  };
  const dryRun = ['--dry-run', 'print what would change, and change nothing'] as const;

  products
    .command('list')
    .description('products with their stock, in the order of the SKU')
    .option('--active', 'only those for sale')
    .option('--no-active', 'only those off sale')
    .option('--text <text>', 'only those with this text in the name or the SKU')
    .option('--after <sku>', 'only those behind this SKU: the next page', sku)
    .option('--limit <number>', 'at most so many', wholeNumber('--limit', LONGEST_LIST), LONGEST_LIST)
    .option('--json', 'print them as JSON')
    .action(async ({ json = false, ...options }: ListOptions & Output) => {
      const { listProductsCommand } = await import('../products.js');
      await onProducts((pool) => listProductsCommand(pool, { ...options, json, say }));
    });

  products
    .command('show')
    .description('one product, with its stock')
    .argument('<sku>', 'its SKU', sku)
    .option('--json', 'print it as JSON')
    .action(async (named: string, { json = false }: Output) => {
      const { showProductCommand } = await import('../products.js');
      exitWith(await onProducts((pool) => showProductCommand(pool, named, { json, say })));
    });

  products
    .command('set')
    .description('create a product, or change the fields that are given')
    .argument('<sku>', 'its SKU', sku)
    .option('--name <name>', 'its name, for people', productName)
    .option('--price <price>', 'the price of a unit from the next checkout on, such as 12.50')
    .option('--currency <code>', 'the currency of the price; of the product, if not given', currency)
    .option('--active', 'for sale')
    .option('--no-active', 'off sale; open orders go on')
    .option('--max-per-order <number>', 'at most so many in one order, or "none"', maxPerOrder)
    .option(...dryRun)
    .option('--json', 'print the change as JSON')
    .action(async (named: string, { json = false, dryRun: dry = false, ...fields }: SetOptions & Output) => {
      const { setProductCommand } = await import('../products.js');
      const how = { json, dryRun: dry, by: accountName(), say };
      exitWith(await onProducts((pool) => setProductCommand(pool, named, fields, how)));
    });

  products
    .command('retire')
    .description('take products off sale; open orders go on, and the stock stays')
    .argument('<skus...>', 'their SKUs', (given: string, before: string[] = []) => [...before, sku(given)])
    .option(...dryRun)
    .option('--json', 'print the changes as JSON')
    .action(async (skus: string[], { json = false, dryRun: dry = false }: Output) => {
      const { retireCommand } = await import('../products.js');
      const how = { json, dryRun: dry, by: accountName(), say };
      exitWith(await onProducts((pool) => retireCommand(pool, [...new Set(skus)], how)));
    });

  addProductFiles(products, context);
}

/** Reads a value, or refuses it with what was expected. */
const read =
  <T>(parse: (given: string) => T | undefined, expected: string) =>
  (given: string): T => {
    const value = parse(given);
    if (value !== undefined) return value;
    throw new InvalidArgumentError(`${expected.replace(/^e/, 'E')}.`);
  };

const sku = read(toSku, EXPECTED_SKU);
const productName = read(toProductName, EXPECTED_NAME);
const currency = read((code) => (isCurrency(code) ? code : undefined), EXPECTED_CURRENCY);

const toWholeNumber = (given: string, highest: number): number | undefined =>
  /^[1-9]\d{0,15}$/.test(given) && Number(given) <= highest ? Number(given) : undefined;

const wholeNumber = (option: string, highest: number) =>
  read((given) => toWholeNumber(given, highest), `${option} expects a whole number from 1 to ${highest}`);

/** Commander makes an empty text of null. */
const maxPerOrder = read(
  (given): number | 'none' | undefined => (given === 'none' ? given : toWholeNumber(given, PRODUCT_LIMITS.maxPerOrder)),
  `expected a whole number from 1 to ${PRODUCT_LIMITS.maxPerOrder}, or none`,
);
