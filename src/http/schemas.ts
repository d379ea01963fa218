import { otherPrices } from '../domain/allocation.js';
import { EXPECTED_CURRENCY, isCurrency } from '../domain/currency.js';
import type { CancelReason, PaidReason } from '../domain/order.js';
import { EXPECTED_SKU, LONGEST_SKU, toSku } from '../domain/sku.js';
import { customer, customerAnswer } from './customer-schemas.js';
import { EXPECTED_KEY } from './idempotency-key.js';
import { adjustments, extrasAnswer, metadata, reference, unitPrice } from './order-extras.js';
import { shownRefund } from './shown-refund.js';
import { successorAnswer, successorLinks } from './successor-schemas.js';
import { z } from './zod.js';

/** The shapes of the API's bodies, for validation and for `/openapi.json`. */

/**
 * Limits of a body, by rules of thumb: larger numbers are mistakes. The shop's own limit of units in an order is
 * `MAX_QUANTITY_PER_ORDER`.
 */
const LIMITS = { lines: 100, quantity: 1_000_000 } as const;

export const wholeNumber = (lowest: number, highest: number) => {
  const error = `expected a whole number from ${lowest} to ${highest}`;
  return z.int({ error }).min(lowest, { error }).max(highest, { error });
};

/** A SKU in any Unicode form, and parsed to the shop's form. */
export const sku = z
  .string({ error: 'expected a SKU as text' })
  .transform((text, context) => {
    const known = toSku(text);
    if (known !== undefined) return known;
    context.addIssue({ code: 'custom', message: EXPECTED_SKU });
    return z.NEVER;
  })
  .openapi({ type: 'string', minLength: 1, maxLength: LONGEST_SKU, description: EXPECTED_SKU, example: 'mug-red' });

/** A currency in which a price can be set today. */
export const currency = z
  .string({ error: EXPECTED_CURRENCY })
  .refine(isCurrency, { error: ({ input }) => `${EXPECTED_CURRENCY}, not ${JSON.stringify(input).slice(0, 20)}` })
  .openapi({ type: 'string', minLength: 3, maxLength: 3, description: 'a code of ISO 4217', example: 'EUR' });

const line = z.strictObject(
  { sku, quantity: wholeNumber(1, LIMITS.quantity).openapi({ example: 2 }), unitPrice: unitPrice.optional() },
  { error: (issue) => (issue.code === 'invalid_type' ? 'expected an object with sku and quantity' : undefined) },
);

export const checkoutBody = z
  .strictObject(
    {
      userId: customer.optional(),
      items: z
        .array(line, { error: 'expected a list of lines' })
        .min(1, { error: 'expected at least one line' })
        .max(LIMITS.lines, { error: `expected at most ${LIMITS.lines} lines` }),
      paymentMethod: z
        .string({ error: 'expected the name of a payment method as text' })
        .optional()
        .openapi({ description: 'a name of `PAYMENT_WINDOWS`, which has its own window', example: 'transfer' }),
      adjustments: adjustments.optional(),
      reference: reference.optional(),
      metadata: metadata.optional(),
    },
    { error: (issue) => (issue.code === 'invalid_type' ? 'expected an object with items' : undefined) },
  )
  .superRefine(({ items }, context) => {
    for (const index of otherPrices(items)) {
      const message = 'expected the unitPrice of the line above with this SKU';
      context.addIssue({ code: 'custom', path: ['items', index, 'unitPrice'], message });
    }
  })
  .openapi('Checkout');

export const idempotencyKey = z.string().openapi({ description: EXPECTED_KEY, example: '"8e03978e-40d5-43e8"' });

const money = {
  amount: z.int().openapi({ description: 'in minor units' }),
  currency: z.string().openapi({ example: 'EUR' }),
};
const time = z.iso.datetime();
const paymentMethod = z.string().optional().openapi({ description: 'where the checkout named one' });
const cancelReasons = [
  'payment-window-expired',
  'customer-request',
  'operator-request',
  'stock-missing',
  'legacy-timeout',
] as const satisfies readonly CancelReason[];
const links = z.object({ order: z.string(), cancel: z.string() });

export const placedOrder = z
  .object({
    orderId: z.uuid(),
    status: z
      .enum(['placed', 'paid', 'canceled'])
      .openapi({ description: 'placed; in the answer to a repetition, what became of the order since' }),
    ...money,
    expiresAt: time,
    paymentMethod,
    readToken: z.string().openapi({ description: 'bearer token to read and cancel this order' }),
    links,
  })
  .openapi('PlacedOrder');

export const orderAnswer = z
  .object({
    orderId: z.uuid(),
    userId: customerAnswer,
    status: z.enum(['placed', 'paid', 'canceled']),
    items: z.array(z.object({ sku: z.string(), quantity: z.int(), unitPrice: z.int() })),
    ...money,
    ...extrasAnswer,
    createdAt: time,
    expiresAt: time,
    paymentMethod,
    settledAt: time.nullable(),
    cancelReason: z.enum(cancelReasons).nullable(),
    paidReason: z
      .enum(['nothing-to-pay'] satisfies PaidReason[])
      .nullable()
      .openapi({ description: 'why the order is paid without a payment' }),
    refund: z.enum(['none', 'required', 'closed', 'refunded', 'voided']).openapi({
      description:
        'required: some money of this order is to go back. closed: the shop has ended that by hand. refunded: it went back. voided: it was only held for the order, and is free again',
    }),
    refunds: z
      .array(shownRefund)
      .openapi({ description: 'what went back, or is to go back, after the order was paid; the oldest first' }),
    ...successorAnswer,
    links: z.object({ ...links.shape, ...successorLinks }),
  })
  .openapi('Order');

const dependency = z.object({
  status: z.enum(['up', 'down']),
  reason: z.string().optional().openapi({ description: 'of one that is down' }),
  remark: z.string().optional().openapi({ description: 'of one that is up: something that should be mended' }),
});

/** What `/readyz` answers. */
export const readiness = z
  .object({
    status: z.enum(['ok', 'degraded', 'unavailable']),
    stopping: z.boolean(),
    dependencies: z.record(z.string(), dependency),
  })
  .openapi('Readiness');
