import { DomainError } from '../../domain/errors.js';

/**
 * Combines calls that wait at the same time into one run. The first call runs at once. All calls that come during
 * a run go into the next run. A call never waits for more calls to come.
 *
 * @param run gets the waiting inputs in the order of their calls, and returns one output for each, in the same order.
 *   An output may be a promise: the next run does not wait for it. A domain error rejects all inputs of the run. After
 *   any other error the inputs run again in halves, until the input that fails is alone, and only this input is
 *   rejected. So `run` must do nothing twice for an input that it gets a second time
 * @param options.largest the most inputs in one run
 * @param options.weight the weight of an input, and the most weight of one run; a heavier input runs alone
 * @param options.atOnce the most runs at the same time
 * @param options.waiting the most inputs that wait; the next call is rejected with `overloaded` and does nothing
 * @param options.endsAll whether an error rejects the waiting inputs too, since each would wait as long for the same
 *   error
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

  /** Takes the inputs of the next run from the queue. */
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
