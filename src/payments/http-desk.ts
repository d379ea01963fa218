import { z } from 'zod';
import type { AskedPayment, BegunReference, PaymentDesk } from '../domain/begun-payment.js';
import { foundEvent } from './found-event.js';
import { answerOf, type HttpCall, reasonIn } from './http-call.js';
import { orderId, paymentId } from './schemas.js';
import { STANDARD_WEBHOOKS } from './standard-webhooks.js';

const page = z.url({ protocol: /^https?$/ });
const begun = z.object({ paymentId, url: page });

const payment = z.object({
  paymentId,
  orderId,
  amount: z.int().min(0),
  currency: z.string().regex(/^[A-Z]{3}$/),
  status: z.enum(['open', 'processing', 'succeeded', 'failed', 'canceled']),
  url: page.optional(),
});
type Payment = z.infer<typeof payment>;

const pageOfPayments = z.object({ payments: z.array(payment), next: z.string().min(1).nullish() });

/** Payments on a page of the provider, by its HTTP API. */
export function createHttpDesk(call: HttpCall): PaymentDesk {
  const pathOf = (reference: string) => `payments/${encodeURIComponent(reference)}`;

  return {
    begins: ['page'],
    needsReturnUrl: false,
    async begin({ key, begunId: _, as: __, returnUrl, cancelUrl, ...order }) {
      const body = { ...order, ...(returnUrl && { returnUrl }), ...(cancelUrl && { cancelUrl }) };
      const answer = await call('payments/begin', { key, body });
      if (answer.isFinal) return { refused: reasonIn(answer) };
      const made = answerOf(answer, begun, 'paymentId and url');
      return { reference: made.paymentId, handle: { url: made.url } };
    },
    async ask(asked) {
      return stateOf(answerOf(await call(pathOf(asked.reference)), payment, 'payment'), asked);
    },
    async close(asked) {
      const answer = await call(`${pathOf(asked.reference)}/cancel`, { body: {} });
      return stateOf(answerOf(answer, payment, 'payment'), asked);
    },
    async *list({ since, until }) {
      for (let after: string | undefined; ; ) {
        const span = { since: since.toISOString(), until: until.toISOString(), limit: '100', ...(after && { after }) };
        const answer = await call(`payments?${new URLSearchParams(span)}`);
        const { payments, next } = answerOf(answer, pageOfPayments, 'payments');
        for (const one of payments) if (one.status === 'succeeded') yield foundEvent(STANDARD_WEBHOOKS, one);
        if (next == null) return;
        after = next;
      }
    },
    async find(id) {
      const answer = await call(pathOf(id));
      if (answer.isFinal) return undefined;
      const { status, amount, currency } = answerOf(answer, payment, 'payment');
      return status === 'succeeded' ? { amount, currency } : undefined;
    },
  };
}

/** A payment that was declined can be paid in another way, on the same page. */
function stateOf({ status, url, paymentId: id, amount, currency }: Payment, asked: BegunReference): AskedPayment {
  switch (status) {
    case 'succeeded': {
      const { orderId: order, begunId } = asked;
      return {
        state: 'paid',
        event: foundEvent(STANDARD_WEBHOOKS, { paymentId: id, orderId: order, amount, currency }, { begunId }),
      };
    }
    case 'canceled':
      return { state: 'closed' };
    case 'processing':
      return { state: 'processing', handle: url === undefined ? {} : { url } };
    default:
      return { state: 'open', handle: url === undefined ? {} : { url } };
  }
}
