/**
 * Keys of the last moments, in this process alone: what is asked again within them needs nothing new.
 *
 * @param forMs how long a key is recent
 * @param most keys at the most; the oldest is forgotten first
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
