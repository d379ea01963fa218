import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, isGrpcServiceError } from '@temporalio/client';
import { call } from './client.js';
import { NOT_FOUND } from './refusals.js';

/** Longer than the services of a Temporal server cache their list of namespaces. */
const KNOWN_LIMIT_MS = 60_000;
/** Between two tries. A rule of thumb. */
const PAUSE_MS = 200;

/**
 * Runs `work` in a namespace that exists, and may be new. While a service of the server does not know the namespace
 * yet, `work` is retried.
 *
 * @throws {DomainError} `dependency-unavailable`
 */
export async function onceKnown<T>(client: Client, work: (client: Client) => Promise<T>): Promise<T> {
  const end = performance.now() + KNOWN_LIMIT_MS;
  for (;;) {
    const unknown = performance.now() < end ? isNotFound : () => false;
    const result = await call(client, async (bounded) => {
      try {
        return { value: await work(bounded) };
      } catch (error) {
        if (unknown(error)) return undefined;
        throw error;
      }
    });
    if (result) return result.value;
    await sleep(PAUSE_MS);
  }
}

/** Waits until each service of the server that the later calls use knows the namespace. */
export async function untilKnown(client: Client): Promise<void> {
  const { namespace } = client.options;
  const calls: ((client: Client) => Promise<unknown>)[] = [
    ({ workflowService }) => workflowService.countWorkflowExecutions({ namespace }),
    ({ connection }) => connection.operatorService.listSearchAttributes({ namespace }),
  ];
  for (const callService of calls) {
    await onceKnown(client, async (bounded) => {
      // A service that refuses for any other reason knows the namespace.
      await callService(bounded).catch((error) => {
        if (isNotFound(error) || !isGrpcServiceError(error)) throw error;
      });
    });
  }
}

const isNotFound = (error: unknown): boolean => isGrpcServiceError(error) && error.code === NOT_FOUND;
