import { hash } from 'node:crypto';

/** With a million of them a bucket has one id on average. The memory is the same for any number of ids: 8 MiB. */
const BUCKETS = 2 ** 20;

/**
 * Finds out which ids are in one of two sets, and not in the other, without a set in memory. Each id is toggled once for
 * each set that has it. Afterwards a bucket is empty unless an id in it was toggled once.
 */
export function createTally() {
  const buckets = new BigUint64Array(BUCKETS);
  const placeOf = (id: string) => {
    const digest = hash('sha256', id, 'buffer');
    return { bucket: digest.readUInt32BE(0) % BUCKETS, bits: digest.readBigUInt64BE(8) };
  };

  return {
    toggle(id: string): void {
      const { bucket, bits } = placeOf(id);
      buckets[bucket] = (buckets[bucket] ?? 0n) ^ bits;
    },
    isEmpty: (): boolean => buckets.every((bits) => bits === 0n),
    /** Whether the id, or another one of its bucket, may be in one set only. */
    mayDiffer: (id: string): boolean => buckets[placeOf(id).bucket] !== 0n,
  };
}
