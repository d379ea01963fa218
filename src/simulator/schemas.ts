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
  type: z.enum(['payment.succeeded', 'payment.authorised', 'payment.failed']).default('payment.succeeded'),
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

const page = z.url({ protocol: /^https?$/, error: 'is not an http or https URL' });

/** A payment that the shop begins. The customer pays it on our page, and then goes to `returnUrl`. */
export const beginRequest = z.strictObject({
  orderId: id,
  amount,
  currency,
  returnUrl: page.optional(),
  cancelUrl: page.optional(),
  capture: z.literal('at-settlement').optional(),
});

/** What the shop takes of an authorisation: all of it, or less. */
export const captureRequest = z.strictObject({ amount, currency });

/** Whether the webhook is sent: one that is not sent is lost. */
const webhook = z.boolean().default(true);

export const dashboardRefundRequest = z.strictObject({ amount: amount.optional(), webhook });
export const failRequest = z.strictObject({ failure: z.string().max(500).default('the account is closed'), webhook });
export const disputeRequest = z.strictObject({
  amount: amount.optional(),
  reason: z.string().max(500).default('fraudulent'),
  webhook,
});
export const closeRequest = z.strictObject({ outcome: z.enum(['won', 'lost']), webhook });

/** The button of the page. */
export const payChoice = z.object({ choice: z.enum(['pay', 'decline']) });

const time = z.iso.datetime({ error: 'is not a time such as 2026-03-01T10:00:00.000Z' });

export const paymentsQuery = z.strictObject({
  since: time.optional(),
  until: time.optional(),
  after: id.optional(),
  limit: z.coerce.number().int().min(1).max(1_000).optional(),
});

/** `of`: the entries of one payment, refund or dispute. */
export const ledgerQuery = paymentsQuery.extend({ of: id.optional() });

/** Where the webhooks go from now on. */
export const settingsRequest = z.strictObject({ webhookUrl: page });

/**
 * `before` fails before the work. `after` does the work and then fails, so that only the idempotency key keeps the next
 * attempt from a second refund or payment.
 */
const fault = z.strictObject({
  failNext: z.int().min(0),
  status: z.int().min(400).max(599).default(503),
  when: z.enum(['before', 'after']).default('before'),
});

export const faultRequest = z
  .strictObject({
    refunds: fault,
    begin: fault,
    retrieve: fault,
    cancel: fault,
    capture: fault,
    void: fault,
    list: fault,
    ledger: fault,
    /** So many of the next webhooks are never sent, not even later. */
    webhooks: z.strictObject({ dropNext: z.int().min(0) }),
  })
  .partial();

export type PaymentRequest = z.infer<typeof paymentRequest>;
export type RefundRequest = z.infer<typeof refundRequest>;
export type BeginRequest = z.infer<typeof beginRequest>;
export type Fault = z.infer<typeof fault>;
export type FaultRequest = z.infer<typeof faultRequest>;
