import { fileURLToPath } from 'node:url';
import type { StackContext } from '../../src/stack/context.js';
import type { Answer, Result, Task } from './client/task.js';
import { startProgram } from './program.js';

/** The buyers and the payment provider of every system: one process, so that all systems meet the same client. */
export interface Buyers {
  readonly perform: (task: Task) => Promise<Result>;
  /** The checkouts that the running task has got accepted. */
  readonly accepted: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

export async function startBuyers(context: StackContext): Promise<Buyers> {
  const process = await startProgram(context, {
    name: 'buyers',
    file: fileURLToPath(new URL('client/main.js', import.meta.url)),
  });
  const waiting = new Map<number, (answer: Answer) => void>();
  let last = 0;
  process.onMessage((message) => {
    const answer = message as Answer;
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  const ask = (question: object) =>
    new Promise<Answer>((resolve) => {
      const id = ++last;
      waiting.set(id, resolve);
      process.send({ id, ...question });
    });
  return {
    async perform(task) {
      const { result, error } = await ask({ task });
      if (result === undefined) throw new Error(error ?? 'the client gave no result');
      return result;
    },
    accepted: async () => (await ask({})).accepted ?? 0,
    stop: () => process.kill('SIGTERM'),
  };
}
