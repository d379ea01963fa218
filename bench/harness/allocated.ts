import { GCProfiler } from 'node:v8';

/** Of one garbage collection, as V8 reports the heap. */
interface Collected {
  readonly beforeGC: { readonly heapStatistics: Heap };
  readonly afterGC: { readonly heapStatistics: Heap };
}

interface Heap {
  readonly usedHeapSize: number;
  readonly externalMemory: number;
}

/**
 * Counts what this process allocates while `work` runs, also what the garbage collector takes back meanwhile: objects
 * and the memory of buffers. V8 frees large buffers some time after their collection, so that a part of the buffers that
 * `work` drops is not counted.
 *
 * @returns bytes
 */
export async function allocatedBy(work: () => Promise<unknown>): Promise<number> {
  const profiler = new GCProfiler();
  profiler.start();
  let since = usedNow();
  await work();
  const end = usedNow();
  const { statistics } = profiler.stop() as unknown as { readonly statistics: readonly Collected[] };
  let bytes = 0;
  for (const { beforeGC, afterGC } of statistics) {
    bytes += sizeOf(beforeGC.heapStatistics) - since;
    since = sizeOf(afterGC.heapStatistics);
  }
  return bytes + end - since;
}

const sizeOf = ({ usedHeapSize, externalMemory }: Heap): number => usedHeapSize + externalMemory;

const usedNow = (): number => {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};
