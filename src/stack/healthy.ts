import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerProcess, StackContext } from './context.js';
import { reasonOf } from './reason-of.js';
import { logTail } from './server-process.js';

// A rule of thumb: servers answer within seconds, and a busy machine needs several times as long.
const boundMs = 90_000;
// RabbitMQ ignores SIGTERM while it boots. A server that never answered has no data to store.
const unansweredGraceMs = 2_000;
const addressTaken = /address already in use|eaddrinuse|address in use|port \S+ .*(in use|taken)|Bind on TCP/i;

/** A process that ended before it answered. `portTaken` when its log names the address as the cause. */
class ServerEnded extends Error {
  override name = 'ServerEnded';
  readonly portTaken: boolean;
  constructor(message: string, portTaken: boolean) {
    super(message);
    this.portTaken = portTaken;
  }
}

/**
 * Repeats a check until it succeeds.
 *
 * @throws when the process ended, the bound passed or the start was aborted; the process is stopped first
 */
export async function untilHealthy<T>(
  context: StackContext,
  server: ServerProcess,
  check: () => Promise<T>,
): Promise<T> {
  try {
    return await repeat(context, server, check);
  } catch (error) {
    await server.stop(unansweredGraceMs);
    throw error;
  }
}

async function repeat<T>(context: StackContext, server: ServerProcess, check: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + boundMs;
  for (;;) {
    context.signal.throwIfAborted();
    const how = server.ended();
    if (how !== undefined) {
      const tail = await logTail(server.logFile, 25);
      throw new ServerEnded(`ended with ${how}; last lines of ${server.logFile}:\n${tail}`, addressTaken.test(tail));
    }
    try {
      const result = await orAbort(context.signal, check());
      // The answer may come from another server that was faster to take the port.
      if (server.ended() === undefined) return result;
    } catch (error) {
      context.signal.throwIfAborted();
      if (performance.now() > deadline) {
        const tail = await logTail(server.logFile);
        throw new Error(
          `no answer in ${boundMs / 1000} s (${reasonOf(error)}); last lines of ${server.logFile}:\n${tail}`,
        );
      }
      await sleep(100, undefined, { signal: context.signal });
    }
  }
}

/** Rejects at once at an abort, also while the check still waits for a server that does not answer. */
function orAbort<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** Starts again, on other ports, when a port was taken between its choice and its use. */
export async function onFreePorts<T>(
  context: StackContext,
  names: readonly string[],
  start: (...ports: number[]) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(...(await context.ports.take(names)));
    } catch (error) {
      if (!(error instanceof ServerEnded && error.portTaken) || attempt === 4) throw error;
      context.ports.forget(names);
    }
  }
}
