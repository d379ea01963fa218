import { z } from 'zod';
import { unavailable } from '../domain/errors.js';
import type { PaymentProvider, RefundOrder, RefundOutcome } from '../domain/payment.js';
import { STANDARD_WEBHOOKS } from './standard-webhooks.js';

/** Half of the time-out of the activity (workflows/activities.ts). docs/payments.md names this time to adapters. */
const REFUND_TIMEOUT_MS = 10_000;

/**
 * With these statuses and `application/problem+json` a refund is refused for good. With another content type the answer
 * may be a proxy's own 404, which is an outage. A 409 is never final: the draft of the Idempotency-Key header uses 409
 * while the first request of a key is still running.
 */
const finalStatuses = new Set([404, 410, 422]);

const refundAnswer = z.object({ refundId: z.string().min(1).max(255), amount: z.int().positive().optional() });
const problem = z.object({ title: z.string().optional(), detail: z.string().optional() });

/**
 * A payment provider behind a small HTTP API: `POST /refunds` with an `Idempotency-Key`. Our simulator has this API. An
 * adapter in front of any real provider can have it too: docs/payments.md says what an adapter must answer.
 *
 * @param options.token the bearer token of each call
 */
export function createHttpProvider(options: { readonly url: string; readonly token?: string }): PaymentProvider {
  const { url, token } = options;
  const refunds = new URL('refunds', url.endsWith('/') ? url : `${url}/`);
  return {
    name: STANDARD_WEBHOOKS,
    async refund({ key, beside: _, ...order }: RefundOrder) {
      const headers = { 'idempotency-key': key, ...(token !== undefined && { authorization: `Bearer ${token}` }) };
      const response = await post(refunds, headers, order);
      return outcomeOf(response, await response.text().catch(away), order.amount);
    },
  };
}

function outcomeOf(response: Response, body: string, asked: number): RefundOutcome {
  if (isFinal(response)) return { refused: reasonIn(response.status, body) };
  if (!response.ok) away(new Error(`it answered ${response.status}: ${body.slice(0, 300)}`));
  const answer = refundAnswer.safeParse(parseJson(body));
  if (!answer.success) return away(new Error('its answer has no refundId'));
  const { refundId, amount = asked } = answer.data;
  return amount < asked ? { refundId, amount } : { refundId };
}

const isFinal = ({ status, headers }: Response): boolean =>
  finalStatuses.has(status) && /^application\/problem\+json\b/i.test(headers.get('content-type') ?? '');

function reasonIn(status: number, body: string): string {
  const { title, detail } = problem.safeParse(parseJson(body)).data ?? {};
  return `the payment provider answered ${status}: ${detail ?? title ?? body.slice(0, 300)}`;
}

async function post(url: URL, headers: Readonly<Record<string, string>>, body: object): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      // A redirect would carry the token to another host.
      redirect: 'error',
      signal: AbortSignal.timeout(REFUND_TIMEOUT_MS),
    });
  } catch (error) {
    return away(error);
  }
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
