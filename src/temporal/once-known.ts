import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, isGrpcServiceError } from '@temporalio/client';
import { call } from './client.js';
import { NOT_FOUND } from './refusals.js';

/** Longer than the parts of a server keep their list of the namespaces. */
const KNOWN_WITHIN_MS = 60_000;
const PAUSE_MS = 200;

/**
 * Does `work` in a namespace that is there, and may have been created a moment ago: a part of the server that does not
 * know the namespace yet is asked again.
 *
 * @throws {DomainError} `dependency-unavailable`
 */
export async function onceKnown<T>(client: Client, work: (client: Client) => Promise<T>): Promise<T> {
  const end = performance.now() + KNOWN_WITHIN_MS;
  for (;;) {
    const unknown = performance.now() < end ? isNotFound : () => false;
    const answer = await call(client, async (bounded) => {
      try {
        return { is: await work(bounded) };
      } catch (error) {
        if (unknown(error)) return undefined;
        throw error;
      }
    });
    if (answer) return answer.is;
    await sleep(PAUSE_MS);
  }
}

/** Waits until every part of the server that {@link onceKnown} is used with later knows the namespace. */
export async function untilKnown(client: Client): Promise<void> {
  const { namespace } = client.options;
  const asks: ((client: Client) => Promise<unknown>)[] = [
    ({ workflowService }) => workflowService.countWorkflowExecutions({ namespace }),
    ({ connection }) => connection.operatorService.listSearchAttributes({ namespace }),
  ];
  for (const ask of asks) {
    await onceKnown(client, async (bounded) => {
      // Any other refusal comes from a part that knows the namespace.
      await ask(bounded).catch((error) => {
        if (isNotFound(error) || !isGrpcServiceError(error)) throw error;
      });
    });
  }
}

const isNotFound = (error: unknown): boolean => isGrpcServiceError(error) && error.code === NOT_FOUND;
