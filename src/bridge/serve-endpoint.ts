import type { Pool } from '../db/driver/pool.js';
import { renewLease } from '../db/endpoints/leases.js';
import { type Delivery, nextDeliveries } from '../db/endpoints/next-deliveries.js';
import { type Outcome, type Results, storeResults } from '../db/endpoints/results.js';
import type { SignedTarget } from '../db/endpoints/signing-keys.js';
import { inParallel } from '../domain/in-parallel.js';
import { askedPauseMs, retryPauseMs } from '../domain/retry-pause.js';
import { ANSWER_LIMIT_MS, type Answer, type Connections, openConnections } from '../endpoints/post.js';
import { webhookOf } from '../endpoints/webhook.js';

/** How long a lease lasts without a renewal: after the death of a bridge another one waits so long. */
export const LEASE_MS = 30_000;
/** No request begins later in a lease: it could end after the lease. */
const SENDING_MS = LEASE_MS - ANSWER_LIMIT_MS - 5_000;
/** After this time another process may have the endpoint. A rule of thumb. */
const TURN_MS = 10_000;

/** So many events are sent before their results are stored: so many come twice after a crash. */
const PASS = 100;
/** Requests to one endpoint at the same time. */
const AT_ONCE = 10;

export interface ServeOptions {
  readonly pool: Pool;
  /** Names this process in the leases. */
  readonly by: string;
  readonly allowPrivate: boolean;
  readonly signal: AbortSignal;
  readonly onResults: (endpointId: string, results: Results, outcome: Outcome) => void;
  /** How long one request may take. */
  readonly answerLimitMs?: number;
  /** How long an endpoint and an event are tried. */
  readonly retriedMs?: number;
}

/**
 * Delivers to an endpoint that this process has leased, until nothing is due, the endpoint takes nothing, or its turn is
 * over. The events of a subject are sent one after the other, those of several subjects at the same time.
 *
 * @throws {DomainError} `dependency-unavailable`
 */
export async function serveEndpoint(endpointId: string, options: ServeOptions): Promise<void> {
  const { pool, by, signal } = options;
  const begun = performance.now();
  let connections: Connections | undefined;
  try {
    while (!signal.aborted && performance.now() - begun < TURN_MS) {
      const leasedAt = performance.now();
      const endpoint = await renewLease(pool, endpointId, { by, forMs: LEASE_MS });
      if (endpoint === undefined) return;
      connections ??= openConnections(endpoint.url, {
        allowPrivate: options.allowPrivate,
        atOnce: AT_ONCE,
        ...(options.answerLimitMs !== undefined && { limitMs: options.answerLimitMs }),
      });
      // One event finds out whether a failing endpoint answers again.
      const chains = await nextDeliveries(pool, endpointId, endpoint.failures > 0 ? 1 : PASS);
      if (chains.length === 0) return;
      const results = await sendAll(endpoint, chains, {
        post: connections.post,
        signal,
        mayBegin: () => performance.now() - leasedAt < SENDING_MS,
      });
      const isEmpty = results.taken.length === 0 && results.failed.length === 0 && results.gone === undefined;
      if (isEmpty) return;
      const { retriedMs } = options;
      const stored = await storeResults(pool, endpointId, results, { ...(retriedMs !== undefined && { retriedMs }) });
      options.onResults(endpointId, results, stored);
      if (results.taken.length === 0) return;
    }
  } finally {
    connections?.close();
  }
}

async function sendAll(
  { keys, failures }: SignedTarget,
  chains: readonly (readonly Delivery[])[],
  options: Pick<Connections, 'post'> & { readonly signal: AbortSignal; readonly mayBegin: () => boolean },
): Promise<Results> {
  const { post, signal, mayBegin } = options;
  const taken: number[] = [];
  const failed: { position: number; reason: string; pauseMs: number }[] = [];
  let gone: string | undefined;
  let asked: number | undefined;
  // An endpoint that takes nothing gets no more than what is sent already.
  const isAway = () => gone !== undefined || (failed.length > 0 && taken.length === 0) || asked !== undefined;

  async function sendOne({ position, attempts, event }: Delivery): Promise<Answer['kind']> {
    const answer = await post(webhookOf(event, keys, Date.now()), signal);
    if (answer.kind === 'taken') taken.push(position);
    if (answer.kind === 'gone') gone = answer.reason;
    if (answer.kind === 'failed') {
      const { reason, retryAfterMs } = answer;
      asked = Math.max(asked ?? 0, retryAfterMs ?? 0) || undefined;
      failed.push({ position, reason, pauseMs: askedPauseMs(retryAfterMs, retryPauseMs(attempts + 1, Math.random())) });
    }
    return answer.kind;
  }

  await inParallel(chains, AT_ONCE, async (chain) => {
    for (const delivery of chain) {
      if (signal.aborted || isAway() || !mayBegin()) return;
      if ((await sendOne(delivery)) !== 'taken') return;
    }
  });
  return { taken, failed, gone, pauseMs: askedPauseMs(asked, retryPauseMs(failures + 1, Math.random())) };
}
