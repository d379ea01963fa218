import { z } from 'zod';

const id = z.string().min(1).max(128);
const amount = z.int('is not a whole number of minor units').positive('is not above 0');
const currency = z.string().regex(/^[A-Z]{3}$/, 'is not an ISO 4217 code such as EUR');

/** A customer's payment; `amount` in minor units, `times` is how many copies of the webhook are sent. */
export const paymentRequest = z.strictObject({
  orderId: id,
  amount,
  currency,
  paymentId: id.optional(),
  type: z.enum(['payment.succeeded', 'payment.failed']).default('payment.succeeded'),
  webhookId: id.optional(),
  times: z.int().min(1).max(100).default(1),
  webhookUrl: z.url({ protocol: /^https?$/, error: 'is not an http or https URL' }).optional(),
});

export const refundRequest = z.strictObject({
  paymentId: id,
  amount,
  currency,
  reason: z.string().max(500).default(''),
});

/**
 * `before` fails before the refund. `after` makes the refund and then fails, so that only the idempotency key keeps the
 * next attempt from a second refund.
 */
export const faultRequest = z.strictObject({
  refunds: z.strictObject({
    failNext: z.int().min(0),
    status: z.int().min(400).max(599).default(503),
    when: z.enum(['before', 'after']).default('before'),
  }),
});

export type PaymentRequest = z.infer<typeof paymentRequest>;
export type RefundRequest = z.infer<typeof refundRequest>;
export type RefundFault = z.infer<typeof faultRequest>['refunds'];
