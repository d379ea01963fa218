import { BadCsv, type Problem } from './bad-csv.js';
import { type Column, readHeader } from './columns.js';
import { type ProductLine, readProduct } from './product-line.js';
import { readRecords } from './records.js';

/** A rule of thumb: a person does not read more, and a file with one wrong column has a problem in each line. */
export const MOST_PROBLEMS = 100;

export interface CheckedFile {
  readonly products: number;
  /** The first ones. */
  readonly problems: readonly Problem[];
  /** How many problems there are. */
  readonly problemCount: number;
  readonly columns: readonly Column[];
}

/**
 * Reads a whole file, and passes on each product that is correct in itself. Only the SKUs stay in memory.
 *
 * @param checked is called with the number of products so far
 */
export async function checkFile(
  source: AsyncIterable<Buffer>,
  pass: (product: ProductLine) => Promise<void>,
  checked: (products: number) => void = () => undefined,
): Promise<CheckedFile> {
  const lineOf = new Map<string, number>();
  const problems: Problem[] = [];
  let problemCount = 0;
  let columns: readonly Column[] | undefined;
  const report = (...found: Problem[]) => {
    problemCount += found.length;
    problems.push(...found.slice(0, MOST_PROBLEMS - problems.length));
  };
  try {
    for await (const record of readRecords(source)) {
      if (columns === undefined) {
        columns = readHeader(record.fields);
        continue;
      }
      const product = readProduct(columns, record);
      if (!('sku' in product)) {
        report(...product);
        continue;
      }
      const { line, sku } = product;
      const before = lineOf.get(sku);
      if (before !== undefined) {
        report({
          line,
          column: 'sku',
          problem: `expected each SKU once, and line ${before} has ${JSON.stringify(sku)} too`,
        });
        continue;
      }
      lineOf.set(sku, line);
      if (problemCount === 0) await pass(product);
      checked(lineOf.size);
    }
    if (columns === undefined) report({ line: 1, problem: 'expected a header with the names of the columns' });
  } catch (error) {
    if (!(error instanceof BadCsv)) throw error;
    report(error.problem);
  }
  return { products: lineOf.size, problems, problemCount, columns: columns ?? [] };
}
