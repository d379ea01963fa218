import { DomainError } from '../../domain/errors.js';

/**
 * Folds calls that wait at the same time into one run: the first goes at once, and what comes while runs are under
 * way leaves together in the next. An idle caller never waits for company.
 *
 * @param run gets the waiting inputs in the order they came and answers each, in the same order. An answer that is
 *   still to come, a promise, holds up no other run. A domain error rejects all inputs of the run. After any other
 *   error the inputs run again in halves, until the input that fails is alone: only that one is rejected. So `run` must
 *   do nothing twice for an input that it gets again
 * @param options.largest inputs in one run at the most
 * @param options.weight what an input counts, and what those of one run count together at the most; an input that
 *   counts more runs alone
 * @param options.atOnce runs under way at the most
 * @param options.waiting inputs that may wait; one more is refused with `overloaded`, before anything was touched
 * @param options.endsAll tells an error for which those who wait would only wait as long again: they are told it too
 */
export function createGroupCommit<I, O>(
  run: (inputs: readonly I[]) => Promise<readonly (O | Promise<O>)[]>,
  options: {
    readonly largest: number;
    readonly weight?: { readonly of: (input: I) => number; readonly most: number };
    readonly atOnce: number;
    readonly waiting: number;
    readonly endsAll?: (error: unknown) => boolean;
  },
): { (input: I): Promise<O>; readonly depth: () => number; readonly idle: () => Promise<void> } {
  type Waiting = { input: I; resolve: (output: O | Promise<O>) => void; reject: (error: unknown) => void };
  const queue: Waiting[] = [];
  let running = 0;
  let onIdle: (() => void)[] = [];

  function start(): void {
    while (running < options.atOnce && queue.length > 0) {
      running++;
      void flush(next());
    }
    if (running === 0) {
      for (const resolve of onIdle) resolve();
      onIdle = [];
    }
  }

  /** Those that leave together, in the order they came. */
  function next(): Waiting[] {
    let [size, weight] = [0, 0];
    for (const { input } of queue) {
      weight += options.weight?.of(input) ?? 0;
      if (size === options.largest || (size > 0 && weight > (options.weight?.most ?? 0))) break;
      size++;
    }
    return queue.splice(0, size);
  }

  async function flush(group: readonly Waiting[]): Promise<void> {
    const parts = [group];
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
      try {
        const outputs = await run(part.map(({ input }) => input));
        if (outputs.length !== part.length) throw new Error(`${outputs.length} answers to ${part.length} inputs`);
        for (const [index, { resolve }] of part.entries()) resolve(outputs[index] as O | Promise<O>);
      } catch (error) {
        if (part.length > 1 && !(error instanceof DomainError)) {
          const middle = Math.ceil(part.length / 2);
          parts.unshift(part.slice(0, middle), part.slice(middle));
          continue;
        }
        const behind = options.endsAll?.(error) ? [...parts.splice(0).flat(), ...queue.splice(0)] : [];
        for (const { reject } of [...part, ...behind]) reject(error);
      }
    }
    running--;
    start();
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
