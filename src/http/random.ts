import { randomFillSync } from 'node:crypto';

/**
 * Draws random bytes from the system by the page: a call for a page costs little more than a call for 16 bytes.
 *
 * @returns bytes that no other call gets, at most `pageSize`
 */
export function createRandom(pageSize = 4_096): (count: number) => Buffer {
  // Not `Buffer.allocUnsafe`: its pool is shared with other code.
  let page = Buffer.alloc(0);
  return (count) => {
    if (page.length < count) page = randomFillSync(Buffer.alloc(pageSize));
    const bytes = page.subarray(0, count);
    page = page.subarray(count);
    return bytes;
  };
}
