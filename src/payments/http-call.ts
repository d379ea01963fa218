import { z } from 'zod';
import { unavailable } from '../domain/errors.js';

/** Half of the time-out of the activity (workflows/activities.ts). docs/payments.md names this time to adapters. */
const CALL_TIMEOUT_MS = 10_000;

/**
 * With these statuses and `application/problem+json` a request is refused for good. With another content type the answer
 * may be a proxy's own 404, which is an outage. A 409 is never final: the draft of the Idempotency-Key header uses 409
 * while the first request of a key is still running.
 */
const finalStatuses = new Set([404, 410, 422]);

const problem = z.object({ title: z.string().optional(), detail: z.string().optional() });

export interface HttpAnswer {
  readonly status: number;
  readonly ok: boolean;
  /** Whether the provider will answer the same request in the same way again. */
  readonly isFinal: boolean;
  readonly body: string;
}

/** A call of the provider's HTTP API; `key` is its idempotency key. */
export type HttpCall = (
  path: string,
  request?: { readonly key?: string; readonly body?: object },
) => Promise<HttpAnswer>;

/** @throws {DomainError} `dependency-unavailable`, each call, when no answer comes */
export function createHttpCall({ url, token }: { readonly url: string; readonly token?: string }): HttpCall {
  const base = url.endsWith('/') ? url : `${url}/`;
  return async (path, { key, body } = {}) => {
    const headers = {
      ...(body && { 'content-type': 'application/json' }),
      ...(key !== undefined && { 'idempotency-key': key }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    const response = await fetch(new URL(path, base), {
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
      headers,
      // A redirect would carry the token to another host.
      redirect: 'error',
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    }).catch(away);
    return {
      status: response.status,
      ok: response.ok,
      isFinal: isFinal(response),
      body: await response.text().catch(away),
    };
  };
}

const isFinal = ({ status, headers }: Response): boolean =>
  finalStatuses.has(status) && /^application\/problem\+json\b/i.test(headers.get('content-type') ?? '');

/** The provider's own words, for a person. */
export function reasonIn({ status, body }: HttpAnswer): string {
  const { title, detail } = problem.safeParse(parseJson(body)).data ?? {};
  return `the payment provider answered ${status}: ${detail ?? title ?? body.slice(0, 300)}`;
}

/**
 * The body of a success.
 *
 * @throws {DomainError} `dependency-unavailable` for another status, and for a body of another form
 */
export function answerOf<T>(answer: HttpAnswer, schema: z.ZodType<T>, expected: string): T {
  if (!answer.ok) away(new Error(`it answered ${answer.status}: ${answer.body.slice(0, 300)}`));
  const read = schema.safeParse(parseJson(answer.body));
  return read.success ? read.data : away(new Error(`its answer has no ${expected}`));
}

function away(error: unknown): never {
  throw unavailable('the payment provider', error);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
