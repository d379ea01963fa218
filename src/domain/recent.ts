/**
 * The keys of the last moments, in this process alone: work whose key is recent needs no repetition.
 *
 * @param options.forMs how long a key stays recent, in milliseconds
 * @param options.most how many keys are kept; the oldest key is dropped first
 */
export function createRecent(options: { readonly forMs: number; readonly most: number; readonly now: () => number }) {
  const added = new Map<string, number>();
  return {
    has: (key: string): boolean => options.now() - (added.get(key) ?? Number.NEGATIVE_INFINITY) < options.forMs,
    add(key: string): void {
      added.delete(key);
      added.set(key, options.now());
      const [oldest] = added.keys();
      if (added.size > options.most && oldest !== undefined) added.delete(oldest);
    },
  };
}
