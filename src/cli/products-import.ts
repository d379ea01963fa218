import { createReadStream } from 'node:fs';
import { previewProducts, saveProducts } from '../db/catalogue/save-products.js';
import type { Pool } from '../db/driver/pool.js';
import type { WantedProduct } from '../domain/product.js';
import { counted } from './counted.js';
import { inWords } from './products-csv/bad-csv.js';
import { changeAsJson, changeInWords, type Tally } from './products-csv/change-report.js';
import { type CheckedFile, checkFile } from './products-csv/check-file.js';
import type { ProductLine } from './products-csv/product-line.js';
import { type Spool, withSpool } from './products-csv/spool.js';
import { startProgress } from './progress.js';

/** A rule of thumb: a transaction of this many products takes some ten milliseconds, and a checkout waits no longer. */
const PRODUCTS_PER_TRANSACTION = 500;

export interface ImportOptions {
  /** `-` is the standard input. */
  readonly file: string;
  /** Reports what would change, and changes nothing. */
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly by: string;
  readonly say: (line: string) => void;
  readonly toStderr: (line: string) => void;
}

/**
 * Checks a whole file, and then writes its products in many short transactions, so that a sale goes on. After an
 * interruption the next run finds the written products unchanged, and writes the others.
 *
 * @returns false when the file is not correct; nothing of the file is taken then
 */
export async function importCommand(pool: Pool, options: ImportOptions): Promise<boolean> {
  const { file, toStderr } = options;
  const progress = startProgress(toStderr);
  try {
    return await withSpool(async (spool) => {
      const source = file === '-' ? process.stdin : createReadStream(file);
      const checked = await checkFile(source, spool.add, (n) => progress.become(`checked ${counted(n, 'product')}`));
      if (checked.problemCount > 0) {
        reportProblems(checked, options);
        return false;
      }
      await writeAll(pool, spool, checked, { ...options, progress: progress.become });
      return true;
    });
  } finally {
    progress.stop();
  }
}

async function writeAll(
  pool: Pool,
  spool: Spool,
  { products }: CheckedFile,
  { progress, ...options }: ImportOptions & { readonly progress: (line: string) => void },
): Promise<void> {
  const tally: Tally = { created: 0, changed: 0, unchanged: 0 };
  const changes = createChangeList(options);
  let [written, stocksIgnored] = [0, 0];
  try {
    for await (const slice of spool.slices(PRODUCTS_PER_TRANSACTION)) {
      const wanted = slice.map(wantedOf);
      const saved = options.dryRun ? await previewProducts(pool, wanted) : await saveProducts(pool, wanted, options);
      for (const [index, product] of saved.entries()) {
        if (product.outcome === 'incomplete') throw new Error(`${product.sku} lacks ${product.missing.join(', ')}`);
        const stock = slice[index]?.stock;
        tally[product.outcome]++;
        if (product.outcome !== 'created' && stock !== undefined) stocksIgnored++;
        changes.add(options.json ? changeAsJson(product, stock) : changeInWords(product, stock));
      }
      written += slice.length;
      progress(`${written} of ${products} products ${options.dryRun ? 'compared' : 'written'}`);
    }
  } catch (error) {
    if (written > 0 && !options.dryRun) {
      options.toStderr(`${written} of ${products} products are written. Run the command again, and it goes on.`);
    }
    throw error;
  }
  changes.end({ products, ...tally, stocksIgnored });
}

const wantedOf = ({ line: _, stock, ...fields }: ProductLine): WantedProduct => ({ ...fields, openingStock: stock });

/** Prints the changes of a dry run one by one: a list of all of them would fill the memory. */
function createChangeList({ dryRun, json, say }: ImportOptions) {
  let listed = 0;
  return {
    add(change: object | string | undefined) {
      if (!dryRun || change === undefined) return;
      if (typeof change === 'string') say(`would ${change}`);
      else say(`${listed++ === 0 ? '{"changes": [\n' : ','}${JSON.stringify(change)}`);
    },
    end(summary: Tally & { readonly products: number; readonly stocksIgnored: number }) {
      if (!json) {
        reportSummary(summary, { dryRun, say });
        return;
      }
      const rest = JSON.stringify({ dryRun, problems: [], problemCount: 0, ...summary });
      say(listed > 0 ? `],\n${rest.slice(1)}` : `{"changes": [],\n${rest.slice(1)}`);
    },
  };
}

function reportSummary(
  { products, created, changed, unchanged, stocksIgnored }: Tally & { products: number; stocksIgnored: number },
  { dryRun, say }: Pick<ImportOptions, 'dryRun' | 'say'>,
): void {
  say(`${counted(products, 'product')}: ${created} created, ${changed} changed, ${unchanged} unchanged.`);
  if (stocksIgnored > 0) {
    say(`The column stock was ignored for ${counted(stocksIgnored, 'product')} that existed already.`);
  }
  if (dryRun) say('This was a dry run: nothing was changed.');
}

function reportProblems({ problems, problemCount }: CheckedFile, { file, dryRun, json, say }: ImportOptions): void {
  if (json) {
    say(JSON.stringify({ dryRun, changes: [], problems, problemCount }, null, 2));
    return;
  }
  for (const problem of problems) say(inWords(problem));
  const shown = problems.length < problemCount ? `, of which the first ${problems.length} are above` : '';
  say(`${counted(problemCount, 'problem')} in ${file === '-' ? 'the input' : file}${shown}. Nothing of it was taken.`);
}
