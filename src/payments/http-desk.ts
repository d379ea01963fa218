import { z } from 'zod';
import type { CaptureAt } from '../domain/authorisation.js';
import type { AskedPayment, BegunReference, PaymentDesk } from '../domain/begun-payment.js';
import { foundEvent } from './found-event.js';
import { answerOf, type HttpCall, reasonIn } from './http-call.js';
import { orderId, paymentId } from './schemas.js';
import { STANDARD_WEBHOOKS } from './standard-webhooks.js';

const page = z.url({ protocol: /^https?$/ });
const begun = z.object({ paymentId, url: page });

export const httpPayment = z.object({
  paymentId,
  orderId,
  amount: z.int().min(0),
  currency: z.string().regex(/^[A-Z]{3}$/),
  status: z.enum(['open', 'processing', 'authorised', 'succeeded', 'failed', 'canceled']),
  url: page.optional(),
});
type Payment = z.infer<typeof httpPayment>;

/** Where a payment is, in the provider's API. */
export const pathOf = (reference: string): string => `payments/${encodeURIComponent(reference)}`;

const pageOfPayments = z.object({ payments: z.array(httpPayment), next: z.string().min(1).nullish() });

/** Payments on a page of the provider, by its HTTP API. */
export function createHttpDesk(call: HttpCall, capture: CaptureAt): PaymentDesk {
  return {
    begins: ['page'],
    capture,
    needsReturnUrl: false,
    async begin({ key, begunId: _, as: __, capture: when, returnUrl, cancelUrl, ...order }) {
      // An adapter that only takes payments at once gets no field that is new to it.
      const later = when === 'at-settlement' && { capture: when };
      const body = { ...order, ...later, ...(returnUrl && { returnUrl }), ...(cancelUrl && { cancelUrl }) };
      const answer = await call('payments/begin', { key, body });
      if (answer.isFinal) return { refused: reasonIn(answer) };
      const made = answerOf(answer, begun, 'paymentId and url');
      return { reference: made.paymentId, handle: { url: made.url } };
    },
    async ask(asked) {
      return stateOf(answerOf(await call(pathOf(asked.reference)), httpPayment, 'payment'), asked);
    },
    async close(asked) {
      const answer = await call(`${pathOf(asked.reference)}/cancel`, { body: {} });
      return stateOf(answerOf(answer, httpPayment, 'payment'), asked);
    },
    async *list({ since, until }) {
      for (let after: string | undefined; ; ) {
        const span = { since: since.toISOString(), until: until.toISOString(), limit: '100', ...(after && { after }) };
        const answer = await call(`payments?${new URLSearchParams(span)}`);
        const { payments, next } = answerOf(answer, pageOfPayments, 'payments');
        for (const one of payments) {
          const isAuthorised = one.status === 'authorised';
          if (isPaid(one)) yield foundEvent(STANDARD_WEBHOOKS, one, { isAuthorised });
        }
        if (next == null) return;
        after = next;
      }
    },
    async find(id) {
      const answer = await call(pathOf(id));
      if (answer.isFinal) return undefined;
      const { status, amount, currency } = answerOf(answer, httpPayment, 'payment');
      return isPaid({ status }) ? { amount, currency } : undefined;
    },
  };
}

/** A payment that is authorised can be captured, and no customer can pay it once more. */
const isPaid = ({ status }: Pick<Payment, 'status'>): boolean => status === 'succeeded' || status === 'authorised';

/** A payment that was declined can be paid in another way, on the same page. */
function stateOf({ status, url, paymentId: id, amount, currency }: Payment, asked: BegunReference): AskedPayment {
  switch (status) {
    case 'authorised':
    case 'succeeded': {
      const { orderId: order, begunId } = asked;
      return {
        state: 'paid',
        event: foundEvent(
          STANDARD_WEBHOOKS,
          { paymentId: id, orderId: order, amount, currency },
          { begunId, isAuthorised: status === 'authorised' },
        ),
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
