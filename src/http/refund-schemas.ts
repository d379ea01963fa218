import { sku, wholeNumber } from './schemas.js';
import { shownRefund } from './shown-refund.js';
import { text } from './stock-schemas.js';
import { z } from './zod.js';

/** The shapes of the operators' route for refunds, for validation and for their `/openapi.json`. */

const MOST_LINES = 100;

const line = z.strictObject(
  { sku, quantity: wholeNumber(1, 1_000_000).openapi({ example: 1 }) },
  { error: (issue) => (issue.code === 'invalid_type' ? 'expected an object with sku and quantity' : undefined) },
);

export const refundBody = z
  .strictObject(
    {
      amount: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional().openapi({
        description:
          'in minor units. Without lines: only money goes back, so not 0. With lines: instead of their price',
        example: 500,
      }),
      lines: z
        .array(line, { error: 'expected a list of lines' })
        .min(1, { error: 'expected at least one line' })
        .max(MOST_LINES, { error: `expected at most ${MOST_LINES} lines` })
        .optional()
        .openapi({ description: 'units of the order. Without amount, their price goes back' }),
      all: z
        .literal(true, { error: 'expected true, or no such field' })
        .optional()
        .openapi({ description: 'all money and all units that are left; without amount and lines' }),
      restock: z
        .boolean({ error: 'expected true or false' })
        .optional()
        .openapi({ description: 'true: the units of the lines go back to the shelf' }),
      reason: text(500).optional().openapi({ example: 'broken on arrival' }),
      by: text(100).optional().openapi({ description: 'who refunds', example: 'ada' }),
    },
    { error: (issue) => (issue.code === 'invalid_type' ? EXPECTED_BODY : undefined) },
  )
  .check(({ value: { amount, lines, all, restock }, issues }) => {
    const say = (field: string, message: string) =>
      issues.push({ code: 'custom', message, path: [field], input: undefined });
    if (all === undefined && lines === undefined && amount === undefined) say('amount', EXPECTED_BODY);
    if (all !== undefined && amount !== undefined) say('amount', 'expected no amount beside all');
    if (all !== undefined && lines !== undefined) say('lines', 'expected no lines beside all');
    if (amount === 0 && restock !== true)
      say('amount', 'expected an amount above 0, where no units go back to the shelf');
    if (restock && all === undefined && lines === undefined) say('restock', 'expected only with lines or all');
  })
  .openapi('RefundRequest');

const EXPECTED_BODY = 'expected an object with amount, lines or all';

export const refundAnswer = z
  .object({
    ...shownRefund.shape,
    orderId: z.uuid(),
    paymentId: z.string().nullable(),
    currency: z.string(),
    restock: z.boolean(),
    reason: z.string().nullable(),
    by: z.string(),
    refundedAt: z.iso.datetime().nullable(),
    providerRefundId: z.string().nullable(),
    refundedAmount: z.int().nullable().openapi({ description: 'where less than amount went back' }),
    failure: z.string().nullable().openapi({ description: "why the refund cannot succeed, in the provider's words" }),
    attempt: z.int().openapi({ description: 'how often a person has asked for it again after a refusal' }),
  })
  .openapi('Refund');
