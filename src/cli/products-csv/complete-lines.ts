import { isUtf8 } from 'node:buffer';
import { BadCsv } from './bad-csv.js';

const NEWLINE = 0x0a;

/** A rule of thumb: a longer line is no line of products, and would fill the memory. */
const LONGEST_LINE = 1_000_000;

/** The bytes of a file in blocks of complete lines; the last line may have no line break. */
export async function* completeLines(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let begun: Buffer[] = [];
  let length = 0;
  let lines = 0;
  for await (const bytes of source) {
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      const block = Buffer.concat([...begun, bytes.subarray(0, end)]);
      lines += newlinesIn(block);
      yield block;
      [begun, length] = [[], 0];
    }
    begun.push(bytes.subarray(end));
    length += bytes.length - end;
    if (length > LONGEST_LINE) {
      throw new BadCsv({ line: lines + 1, problem: `expected a line of at most ${LONGEST_LINE} bytes` });
    }
  }
  if (length > 0) yield Buffer.concat(begun);
}

/** @throws {BadCsv} for the first line that is not UTF-8 */
export async function* utf8Only(blocks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let lines = 0;
  for await (const block of blocks) {
    if (!isUtf8(block)) throw notUtf8(block, lines);
    lines += newlinesIn(block);
    yield block;
  }
}

function notUtf8(block: Buffer, linesBefore: number): BadCsv {
  let line = linesBefore + 1;
  let begin = 0;
  for (const end of newlines(block)) {
    if (!isUtf8(block.subarray(begin, end))) break;
    begin = end;
    line++;
  }
  const problem = 'expected UTF-8. Save the file as "CSV UTF-8", or convert it, for example with iconv';
  return new BadCsv({ line, problem });
}

/** The offsets behind each line break. */
export function* newlines(block: Buffer): Generator<number> {
  for (let at = block.indexOf(NEWLINE); at >= 0; at = block.indexOf(NEWLINE, at + 1)) yield at + 1;
}

function newlinesIn(block: Buffer): number {
  let count = 0;
  for (const _ of newlines(block)) count++;
  return count;
}
