import { CsvError, parse } from 'csv-parse';
import { BadCsv } from './bad-csv.js';
import { completeLines, newlines, utf8Only } from './complete-lines.js';

export interface CsvRecord {
  /** The line of the file on which the record begins, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

const delimiters = { comma: ',', semicolon: ';', tab: '\t' } as const;

/**
 * The records of a CSV file, the header first. The header shows the delimiter. Lines without any value are left out, as
 * a spreadsheet writes them below its last row.
 *
 * @throws {BadCsv} for bytes that are not UTF-8, for an unclear delimiter, and for misplaced quotes
 */
export async function* readRecords(source: AsyncIterable<Buffer>): AsyncGenerator<CsvRecord> {
  const lines = createLineCounter();
  let parser: ReturnType<typeof createParser> | undefined;
  for await (const block of utf8Only(completeLines(source))) {
    parser ??= createParser(delimiterOf(block), lines);
    lines.add(block);
    yield* parser.parse(block);
  }
  if (parser !== undefined) yield* parser.end();
}

function createParser(delimiter: string, lines: LineCounter) {
  let records: CsvRecord[] = [];
  let next = 1;
  const parser = parse({
    delimiter,
    recordDelimiter: ['\r\n', '\n'],
    bom: true,
    relaxColumnCount: true,
    onRecord(fields: string[], { bytes }: { readonly bytes: number }) {
      const last = lines.moveTo(bytes);
      const isEmpty = fields.every((field) => field.trim() === '');
      if (!isEmpty) records.push({ line: last - fields.reduce((sum, field) => sum + breaksIn(field), 0), fields });
      next = last + 1;
      return null;
    },
  });
  // Each step gets its error by its own callback.
  parser.on('error', () => undefined).resume();
  async function* step(begin: (done: (error?: Error | null) => void) => void): AsyncGenerator<CsvRecord> {
    const error = await new Promise<Error | null | undefined>(begin);
    // The records before the error are complete: their problems are named too.
    yield* records;
    records = [];
    if (error instanceof CsvError) throw badQuotes(error, next);
    if (error) throw error;
  }
  return {
    parse: (block: Buffer) => step((done) => parser.write(block, done)),
    end: () => step((done) => parser.end(done)),
  };
}

interface LineCounter {
  /** The block is about to be parsed. */
  readonly add: (block: Buffer) => void;
  /** Moves to the end of a record, which is at this offset. @returns the line of the record's last character */
  readonly moveTo: (offset: number) => number;
}

/** csv-parse counts a CRLF within quotes as two lines, but its offsets in bytes are exact. */
function createLineCounter(): LineCounter {
  let ahead: number[] = [];
  let [taken, passed, bytes] = [0, 0, 0];
  return {
    add(block) {
      [ahead, taken] = [ahead.slice(taken), 0];
      for (const end of newlines(block)) ahead.push(bytes + end);
      bytes += block.length;
    },
    moveTo(offset) {
      let isAtNewline = false;
      for (let end = ahead[taken]; end !== undefined && end <= offset; end = ahead[++taken]) {
        passed++;
        isAtNewline = end === offset;
      }
      return isAtNewline ? passed : passed + 1;
    },
  };
}

const breaksIn = (field: string): number => (field.includes('\n') ? field.split('\n').length - 1 : 0);

function badQuotes(error: CsvError, line: number): BadCsv {
  const problem =
    error.code === 'CSV_QUOTE_NOT_CLOSED'
      ? 'the quotes that begin in this record never end'
      : 'expected quotes around the whole field, and each quote within the field twice ("")';
  return new BadCsv({ line, problem }, { cause: error });
}

function delimiterOf(block: Buffer): string {
  const [header = ''] = block.toString().split('\n', 1);
  const found = Object.entries(delimiters).filter(([, delimiter]) => header.includes(delimiter));
  if (found.length > 1) {
    const names = found.map(([name]) => name).join(' and ');
    throw new BadCsv({ line: 1, problem: `expected one delimiter in the header, and found ${names}` });
  }
  return found[0]?.[1] ?? delimiters.comma;
}
