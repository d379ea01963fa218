import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { completeLines } from './complete-lines.js';
import type { ProductLine } from './product-line.js';

/** A rule of thumb. */
const BYTES_PER_WRITE = 64 * 1024;

/** The checked products of a file, on disk. Memory does not grow with the file, and a pipe is read once. */
export interface Spool {
  readonly add: (product: ProductLine) => Promise<void>;
  /** All products so far, in slices. */
  readonly slices: (size: number) => AsyncGenerator<ProductLine[]>;
}

/** The file has no name while it is used where the system allows this: a process that is killed leaves nothing behind. */
export async function withSpool<T>(work: (spool: Spool) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'orders-import-'));
  const file = await open(join(folder, 'products'), 'wx+', 0o600);
  const unlinked = await rm(folder, { recursive: true }).then(
    () => true,
    () => false,
  );
  let waiting = '';
  const flush = async () => {
    await file.appendFile(waiting);
    waiting = '';
  };
  try {
    return await work({
      async add(product) {
        waiting += `${JSON.stringify(product)}\n`;
        if (waiting.length >= BYTES_PER_WRITE) await flush();
      },
      async *slices(size) {
        await flush();
        let slice: ProductLine[] = [];
        for await (const block of completeLines(file.createReadStream({ start: 0, autoClose: false }))) {
          for (const line of block.toString().split('\n')) {
            if (line === '') continue;
            slice.push(JSON.parse(line));
            if (slice.length < size) continue;
            yield slice;
            slice = [];
          }
        }
        if (slice.length > 0) yield slice;
      },
    });
  } finally {
    await file.close();
    if (!unlinked) await rm(folder, { recursive: true, force: true });
  }
}
