/** One batch after the other, until one of them has done nothing. */
export async function untilNone(signal: AbortSignal, batch: () => Promise<number>): Promise<void> {
  while (!signal.aborted && (await batch()) > 0);
}
