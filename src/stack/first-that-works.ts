import type { HealthyServer } from './context.js';
import { reasonOf } from './reason-of.js';

export type Origin = 'environment' | 'private' | 'docker' | 'sdk-download';

/** One way to get at a server: why it cannot be tried here, or how. */
export interface Rung<Addresses> {
  readonly label: string;
  readonly origin: Origin;
  /** Asked only when the ways before it have failed. */
  unavailable(): Promise<string | undefined> | string | undefined;
  start(): Promise<HealthyServer<Addresses>>;
}

export interface Climbed<Addresses> extends HealthyServer<Addresses> {
  readonly origin: Origin;
  readonly tookMs: number;
}

/** No rung held; `reasons` has one line or block for each that was tried. */
export class LadderError extends Error {
  override name = 'LadderError';
  readonly server: string;
  readonly reasons: readonly string[];
  constructor(server: string, reasons: readonly string[]) {
    super(`${server}: ${reasons.join('; ')}`);
    this.server = server;
    this.reasons = reasons;
  }
}

/** Tries one way after the other and takes the first that works. */
export async function climb<Addresses>(
  server: string,
  rungs: readonly Rung<Addresses>[],
  options: { signal: AbortSignal; say: (line: string) => void },
): Promise<Climbed<Addresses>> {
  const reasons: string[] = [];
  for (const rung of rungs) {
    options.signal.throwIfAborted();
    const unavailable = await rung.unavailable();
    if (unavailable !== undefined) {
      reasons.push(`${rung.label}: ${unavailable}`);
      continue;
    }
    const started = performance.now();
    try {
      const healthy = await rung.start();
      return { ...healthy, origin: rung.origin, tookMs: performance.now() - started };
    } catch (error) {
      options.signal.throwIfAborted();
      const reason = reasonOf(error);
      reasons.push(`${rung.label}: ${reason}`);
      options.say(`${server}: ${rung.label} did not work: ${reason.split('\n')[0]}`);
    }
  }
  throw new LadderError(server, reasons);
}
