import { type Model, type Operation, steps } from './order-model.js';

/** An operation, and the answer of the real system. */
export interface Answered {
  readonly operation: Operation;
  readonly answer: string;
}

/**
 * Every state in which the order may be after threads that ran at the same time, each in its own order: the states of
 * all those sequences in which each operation gets its real answer. None, when no sequence explains the answers.
 */
export function explain(before: readonly Model[], threads: readonly (readonly Answered[])[], late: boolean): Model[] {
  const after = new Map<string, Model>();
  const seen = new Set<string>();

  function walk(model: Model, at: readonly number[]): void {
    const here = `${at.join()} ${JSON.stringify(model)}`;
    if (seen.has(here)) return;
    seen.add(here);
    let done = true;
    threads.forEach((thread, index) => {
      const next = thread[at[index] ?? 0];
      if (next === undefined) return;
      done = false;
      for (const [then, answer] of steps(model, next.operation, late)) {
        if (answer === next.answer) walk(then, at.with(index, (at[index] ?? 0) + 1));
      }
    });
    if (done) after.set(JSON.stringify(model), model);
  }

  for (const model of before) {
    walk(
      model,
      threads.map(() => 0),
    );
  }
  return [...after.values()];
}
