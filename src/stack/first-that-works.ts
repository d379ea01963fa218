import type { HealthyServer } from './context.js';
import { reasonOf } from './reason-of.js';

export type Origin = 'environment' | 'private' | 'docker' | 'sdk-download';

/** One way to get a server, such as the environment's address, a binary or Docker. */
export interface Way<Addresses> {
  readonly label: string;
  readonly origin: Origin;
  /**
   * The reason why this way cannot be tried here, if there is a reason. Called only when all earlier ways have failed.
   */
  unavailable(): Promise<string | undefined> | string | undefined;
  start(): Promise<HealthyServer<Addresses>>;
}

export interface FoundServer<Addresses> extends HealthyServer<Addresses> {
  readonly origin: Origin;
  readonly tookMs: number;
}

/** No way worked; `reasons` has one line or block for each way that was tried. */
export class NoWayWorked extends Error {
  override name = 'NoWayWorked';
  readonly server: string;
  readonly reasons: readonly string[];
  constructor(server: string, reasons: readonly string[]) {
    super(`${server}: ${reasons.join('; ')}`);
    this.server = server;
    this.reasons = reasons;
  }
}

/**
 * Tries one way after the other and returns the server of the first way that works.
 *
 * @throws {NoWayWorked} when all ways failed; the signal's reason after an abort
 */
export async function firstThatWorks<Addresses>(
  server: string,
  ways: readonly Way<Addresses>[],
  options: { signal: AbortSignal; say: (line: string) => void },
): Promise<FoundServer<Addresses>> {
  const reasons: string[] = [];
  for (const way of ways) {
    options.signal.throwIfAborted();
    const unavailable = await way.unavailable();
    if (unavailable !== undefined) {
      reasons.push(`${way.label}: ${unavailable}`);
      continue;
    }
    const started = performance.now();
    try {
      const healthy = await way.start();
      return { ...healthy, origin: way.origin, tookMs: performance.now() - started };
    } catch (error) {
      options.signal.throwIfAborted();
      const reason = reasonOf(error);
      reasons.push(`${way.label}: ${reason}`);
      options.say(`${server}: ${way.label} did not work: ${reason.split('\n')[0]}`);
    }
  }
  throw new NoWayWorked(server, reasons);
}
