import { z } from 'zod';
import { unavailable } from '../domain/errors.js';
import type { PaymentProvider, RefundOrder } from '../domain/payment.js';
import { STANDARD_WEBHOOKS } from './standard-webhooks.js';

const TIMEOUT_MS = 10_000;

const refundAnswer = z.object({ refundId: z.string().min(1) });

/**
 * A payment provider behind a small HTTP API: `POST /refunds` with an `Idempotency-Key`. Our simulator speaks it,
 * and so can an adapter in front of any real provider. Any answer but a refund is worth another try: the duty to pay
 * back does not end with a refusal.
 */
export function createHttpProvider({ url }: { readonly url: string }): PaymentProvider {
  return {
    name: STANDARD_WEBHOOKS,
    async refund({ key, ...order }: RefundOrder) {
      const response = await post(new URL('refunds', url.endsWith('/') ? url : `${url}/`), key, order);
      const body = await response.text();
      if (!response.ok)
        throw unavailable('the payment provider', new Error(`it answered ${response.status}: ${body.slice(0, 300)}`));
      const answer = refundAnswer.safeParse(parseJson(body));
      if (!answer.success) throw unavailable('the payment provider', new Error('its answer has no refundId'));
      return answer.data;
    },
  };
}

async function post(url: URL, key: string, body: object): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    throw unavailable('the payment provider', error);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
