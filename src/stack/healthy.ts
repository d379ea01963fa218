import { setTimeout as sleep } from 'node:timers/promises';
import type { StackContext } from './context.js';
import { logTail, type ServerProcess } from './server-process.js';

const boundMs = 90_000;
const addressTaken = /address already in use|eaddrinuse|address in use|port \S+ .*(in use|taken)|Bind on TCP/i;

/** A process that ended before it answered; `portTaken` when its log blames the address. */
export class ServerEnded extends Error {
  override name = 'ServerEnded';
  readonly portTaken: boolean;
  constructor(message: string, portTaken: boolean) {
    super(message);
    this.portTaken = portTaken;
  }
}

/** Repeats a check until it holds; gives up when the process ends, the bound passes or the start is aborted. */
export async function untilHealthy<T>(
  context: StackContext,
  server: ServerProcess,
  check: () => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + boundMs;
  for (;;) {
    context.signal.throwIfAborted();
    const how = server.ended();
    if (how !== undefined) {
      const tail = await logTail(server.logFile, 25);
      throw new ServerEnded(`ended with ${how}; last lines of ${server.logFile}:\n${tail}`, addressTaken.test(tail));
    }
    try {
      const result = await check();
      // Another server may answer on a port that was taken from ours.
      if (server.ended() === undefined) return result;
    } catch (error) {
      if (performance.now() > deadline) {
        const tail = await logTail(server.logFile);
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`no answer in ${boundMs / 1000} s (${reason}); last lines of ${server.logFile}:\n${tail}`);
      }
      await sleep(100, undefined, { signal: context.signal });
    }
  }
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
