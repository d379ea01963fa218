import { z } from 'zod';
import type { CaptureAt } from '../domain/authorisation.js';
import type { ProviderWithDesk } from '../domain/begun-payment.js';
import type { RefundOrder, RefundOutcome } from '../domain/payment.js';
import { answerOf, createHttpCall, type HttpAnswer, reasonIn } from './http-call.js';
import { createHttpCaptures } from './http-captures.js';
import { createHttpDesk } from './http-desk.js';
import { createHttpLedger } from './http-ledger.js';
import { STANDARD_WEBHOOKS } from './standard-webhooks.js';

const refundAnswer = z.object({ refundId: z.string().min(1).max(255), amount: z.int().positive().optional() });

/**
 * A payment provider behind a small HTTP API: `POST /refunds` with an `Idempotency-Key`, and the routes of
 * {@link createHttpDesk}. Our simulator has this API. An adapter in front of any real provider can have it too:
 * docs/payments.md says what an adapter must answer.
 *
 * @param options.token the bearer token of each call
 * @param options.capture when the money of a payment that begins here is captured; at once, if not given
 */
export function createHttpProvider(options: {
  readonly url: string;
  readonly token?: string;
  readonly capture?: CaptureAt;
}): ProviderWithDesk {
  const call = createHttpCall(options);
  return {
    name: STANDARD_WEBHOOKS,
    async refund({ key, beside: _, ...order }: RefundOrder) {
      return outcomeOf(await call('refunds', { key, body: order }), order.amount);
    },
    ...createHttpCaptures(call),
    desk: createHttpDesk(call, options.capture ?? 'at-once'),
    ledger: createHttpLedger(call),
  };
}

function outcomeOf(answer: HttpAnswer, asked: number): RefundOutcome {
  if (answer.isFinal) return { refused: reasonIn(answer) };
  const { refundId, amount = asked } = answerOf(answer, refundAnswer, 'refundId');
  return amount < asked ? { refundId, amount } : { refundId };
}
