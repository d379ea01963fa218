import { DomainError } from '../domain/errors.js';

/**
 * Folds calls that wait at the same time into one run: the first goes at once, and what comes while runs are under
 * way leaves together in the next. An idle caller never waits for company.
 *
 * @param run gets the waiting inputs in the order they came and answers each, in the same order; a rejection
 *   rejects them all. An answer that is still to come, a promise, holds up no other run
 * @param options.largest inputs in one run at the most
 * @param options.atOnce runs under way at the most
 * @param options.waiting inputs that may wait; one more is refused with `overloaded`, before anything was touched
 * @param options.endsAll tells an error for which those who wait would only wait as long again: they are told it too
 */
export function createGroupCommit<I, O>(
  run: (inputs: readonly I[]) => Promise<readonly (O | Promise<O>)[]>,
  options: {
    readonly largest: number;
    readonly atOnce: number;
    readonly waiting: number;
    readonly endsAll?: (error: unknown) => boolean;
  },
): { (input: I): Promise<O>; readonly depth: () => number; readonly idle: () => Promise<void> } {
  type Waiting = { input: I; resolve: (output: O | Promise<O>) => void; reject: (error: unknown) => void };
  let queue: Waiting[] = [];
  let running = 0;
  let onIdle: (() => void)[] = [];

  function start(): void {
    while (running < options.atOnce && queue.length > 0) {
      const group = queue.slice(0, options.largest);
      queue = queue.slice(options.largest);
      running++;
      void flush(group);
    }
    if (running === 0) {
      for (const resolve of onIdle) resolve();
      onIdle = [];
    }
  }

  async function flush(group: readonly Waiting[]): Promise<void> {
    try {
      const outputs = await run(group.map(({ input }) => input));
      if (outputs.length !== group.length) throw new Error(`${outputs.length} answers to ${group.length} inputs`);
      for (const [index, { resolve }] of group.entries()) resolve(outputs[index] as O | Promise<O>);
    } catch (error) {
      const behind = options.endsAll?.(error) ? queue.splice(0) : [];
      for (const { reject } of [...group, ...behind]) reject(error);
    } finally {
      running--;
      start();
    }
  }

  const add = (input: I): Promise<O> =>
    new Promise((resolve, reject) => {
      if (queue.length >= options.waiting) {
        reject(new DomainError('overloaded', `${queue.length} are waiting already`));
        return;
      }
      queue.push({ input, resolve, reject });
      start();
    });

  return Object.assign(add, {
    depth: () => queue.length,
    idle: () => (running === 0 ? Promise.resolve() : new Promise<void>((resolve) => onIdle.push(resolve))),
  });
}
