import { constants, createReadStream } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { previewProducts, saveProducts } from '../db/catalogue/save-products.js';
import { withNamedLock } from '../db/driver/named-lock.js';
import type { Pool } from '../db/driver/pool.js';
import { createStockChanges } from '../db/stock/stock-changes.js';
import { messageOf } from '../domain/errors.js';
import type { WantedProduct } from '../domain/product.js';
import { CommandError } from './command-error.js';
import { counted } from './counted.js';
import { quoted } from './product-words.js';
import type { Problem } from './products-csv/bad-csv.js';
import { changeAsJson, changeInWords, type Tally } from './products-csv/change-report.js';
import { checkFile, MOST_PROBLEMS } from './products-csv/check-file.js';
import { differingCounts, problemOf, storeCounts } from './products-csv/counts.js';
import { createChangeList, reportProblems, type Telling } from './products-csv/import-report.js';
import type { ProductLine } from './products-csv/product-line.js';
import { type Spool, withSpool } from './products-csv/spool.js';
import { startProgress } from './progress.js';

/** A rule of thumb: a transaction of this many products takes some ten milliseconds, and a checkout waits no longer. */
const PRODUCTS_PER_TRANSACTION = 500;

/** How long an import waits for another one. A rule of thumb: a hundred thousand products take a minute. */
const IMPORT_WAIT_SECONDS = 600;

/** @throws {CommandError} where the file cannot be read */
async function opened(file: string): Promise<NodeJS.ReadableStream & AsyncIterable<Buffer>> {
  if (file === '-') return process.stdin;
  const problem = await access(file, constants.R_OK).then(
    async () => ((await stat(file)).isDirectory() ? 'it is a folder' : undefined),
    messageOf,
  );
  if (problem !== undefined) throw new CommandError(`The file ${quoted(file)} cannot be read: ${problem}.`);
  return createReadStream(file);
}

/** `file` is `-` for the standard input. In a dry run nothing is changed. */
export interface ImportOptions extends Telling {
  /** The column `stock` is what lies on the shelf, reserved units included, also of a product that exists. */
  readonly count: boolean;
  readonly by: string;
  readonly toStderr: (line: string) => void;
}

type Step = ImportOptions & { readonly progress: (line: string) => void };

/**
 * Checks a whole file, and then writes its products in many short transactions, so that a sale goes on. After an
 * interruption the next run finds the written products unchanged, and writes the others. One import writes at a time:
 * two files are not mixed.
 *
 * @returns false when the file is not correct, and nothing of it is taken then; also when a count became impossible while
 *   the file was written
 */
export async function importCommand(pool: Pool, options: ImportOptions): Promise<boolean> {
  const progress = startProgress(options.toStderr, { again: 'Run the command again, and it goes on.' });
  const step = { ...options, progress: progress.become };
  try {
    return await withSpool(async (spool) => {
      const checked = await checkFile(await opened(options.file), spool.add, (n) =>
        progress.become(`checked ${counted(n, 'product')}`),
      );
      const wrong = checked.problemCount > 0 || !options.count ? checked : await checkCounts(pool, spool, step);
      if (wrong.problemCount > 0) {
        reportProblems(wrong, options);
        return false;
      }
      const write = () => writeAll(pool, spool, checked.products, step);
      if (options.dryRun) return await write();
      progress.become('waiting for another import that writes');
      return await withNamedLock(pool, 'products-import', IMPORT_WAIT_SECONDS, write);
    });
  } finally {
    progress.stop();
  }
}

async function checkCounts(pool: Pool, spool: Spool, { progress }: Step) {
  const problems: Problem[] = [];
  let [problemCount, compared] = [0, 0];
  for await (const slice of spool.slices(PRODUCTS_PER_TRANSACTION)) {
    const found = (await differingCounts(pool, slice)).flatMap(problemOf);
    problemCount += found.length;
    problems.push(...found.slice(0, MOST_PROBLEMS - problems.length));
    compared += slice.length;
    progress(`compared the stock of ${counted(compared, 'product')}`);
  }
  return { problems, problemCount };
}

async function writeAll(pool: Pool, spool: Spool, products: number, options: Step): Promise<boolean> {
  const tally: Tally = { created: 0, changed: 0, unchanged: 0 };
  const changes = createChangeList(options);
  const stock = createStockChanges(pool);
  const problems: Problem[] = [];
  let [written, stocksIgnored, countsStored] = [0, 0, 0];
  try {
    for await (const slice of spool.slices(PRODUCTS_PER_TRANSACTION)) {
      const existed: ProductLine[] = [];
      const wanted = slice.map(wantedOf);
      const saved = options.dryRun ? await previewProducts(pool, wanted) : await saveProducts(pool, wanted, options);
      for (const [index, product] of saved.entries()) {
        if (product.outcome === 'incomplete') throw new Error(`${product.sku} lacks ${product.missing.join(', ')}`);
        tally[product.outcome]++;
        const line = slice[index];
        if (product.outcome !== 'created' && line?.stock !== undefined) existed.push(line);
        changes.add(options.json ? changeAsJson(product, line?.stock) : changeInWords(product, line?.stock));
      }
      if (options.count) {
        const counts = await differingCounts(pool, existed);
        for (const { sku, before, counted: after } of counts) {
          changes.add(
            options.json ? { sku, outcome: 'counted', before, after } : `count ${sku}: stock ${before} → ${after}`,
          );
        }
        const refused = options.dryRun ? [] : await storeCounts(stock, counts, options.by);
        problems.push(...refused);
        countsStored += counts.length - refused.length;
      } else stocksIgnored += existed.length;
      written += slice.length;
      options.progress(`${written} of ${products} products ${options.dryRun ? 'compared' : 'written'}`);
    }
  } catch (error) {
    if (written > 0 && !options.dryRun) {
      options.toStderr(`${written} of ${products} products are written. Run the command again, and it goes on.`);
    }
    throw error;
  }
  changes.end({ products, ...tally, stocksIgnored, counted: countsStored, problems });
  return problems.length === 0;
}

const wantedOf = ({ line: _, stock, ...fields }: ProductLine): WantedProduct => ({ ...fields, openingStock: stock });
