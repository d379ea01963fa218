import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { allProducts } from '../db/catalogue/all-products.js';
import type { Pool } from '../db/driver/pool.js';
import { counted } from './counted.js';
import { csvHeader, csvOf } from './products-csv/format.js';

/** Writes the catalogue to the standard output. */
export async function exportToStdout(pool: Pool): Promise<void> {
  try {
    await pipeline(csvOfCatalogue(pool), process.stdout, { end: false });
  } catch (error) {
    // The reader has enough, as `head` has.
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
}

/** Writes the catalogue to a file. The file appears, or changes, when it is complete. */
export async function exportToFile(pool: Pool, file: string, say: (line: string) => void): Promise<void> {
  const incomplete = `${file}.incomplete`;
  let products = 0;
  try {
    await pipeline(
      csvOfCatalogue(pool, (count) => {
        products += count;
      }),
      createWriteStream(incomplete, { flush: true }),
    );
    await rename(incomplete, file);
  } catch (error) {
    await rm(incomplete, { force: true });
    throw error;
  }
  say(`${counted(products, 'product')} in ${file}.`);
}

async function* csvOfCatalogue(
  pool: Pool,
  written: (products: number) => void = () => undefined,
): AsyncGenerator<string> {
  yield csvHeader();
  for await (const page of allProducts(pool)) {
    yield csvOf(page);
    written(page.length);
  }
}
