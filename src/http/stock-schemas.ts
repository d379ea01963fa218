import { CHANGE_KINDS, type ChangeKind } from '../domain/stock-change.js';
import { z } from './zod.js';

/** The shapes of the operators' routes for stock, for validation and for their `/openapi.json`. */

export const text = (longest: number) => {
  const error = `expected 1 to ${longest} characters without control characters`;
  return z
    .string({ error })
    .trim()
    .min(1, { error })
    .max(longest, { error })
    .regex(/^\P{Cc}*$/u, { error });
};

const units = (lowest: number) => {
  const error = `expected a whole number from ${lowest} to ${Number.MAX_SAFE_INTEGER}`;
  return z.int({ error }).min(lowest, { error });
};

const signed = z
  .int({ error: 'expected a whole number of units, such as 3 or -3' })
  .refine((quantity) => quantity !== 0, { error: 'expected a number that is not 0' });

const quantities: Readonly<Record<ChangeKind, z.ZodType<number>>> = {
  received: units(1),
  returned: units(1),
  lost: units(1),
  counted: units(0),
  corrected: signed,
};

const isCancelable = (kind: ChangeKind): boolean => kind === 'counted' || kind === 'lost';

export const stockChangeBody = z
  .strictObject(
    {
      kind: z.enum(CHANGE_KINDS, { error: `expected one of ${CHANGE_KINDS.join(', ')}` }),
      quantity: z.int({ error: 'expected a whole number of units' }).openapi({
        description:
          'received, returned, lost: the units. counted: what lies on the shelf, reserved units included. corrected: the difference, with its sign',
        example: 20,
      }),
      reason: text(500).optional().openapi({ example: 'delivery' }),
      reference: text(100).optional().openapi({ description: "the shop's own", example: 'PO-2041' }),
      by: text(100).optional().openapi({ description: 'who changes the stock', example: 'ada' }),
      cancelNewestOrders: z.boolean({ error: 'expected true or false' }).optional().openapi({
        description:
          'of counted and lost: cancels the newest open orders that hold the SKU, until the others can be met',
      }),
    },
    { error: (issue) => (issue.code === 'invalid_type' ? 'expected an object with kind and quantity' : undefined) },
  )
  .check(({ value, issues }) => {
    // Larger numbers are refused already.
    if (!Number.isSafeInteger(value.quantity)) return;
    const parsed = quantities[value.kind].safeParse(value.quantity);
    for (const { message } of parsed.error?.issues ?? [])
      issues.push({ code: 'custom', message, path: ['quantity'], input: value.quantity });
    if (value.cancelNewestOrders && !isCancelable(value.kind)) {
      const message = `expected only with the kinds counted and lost, not with ${value.kind}`;
      issues.push({ code: 'custom', message, path: ['cancelNewestOrders'], input: value.cancelNewestOrders });
    }
  })
  .openapi('StockChangeRequest');

const change = z
  .object({
    changeId: z.int(),
    sku: z.string(),
    kind: z.enum(['opening', ...CHANGE_KINDS]),
    quantity: z.int().openapi({ description: 'what the change has added, with its sign' }),
    counted: z.int().nullable(),
    reason: z.string().nullable(),
    reference: z.string().nullable(),
    by: z.string(),
    changedAt: z.iso.datetime(),
    available: z.int().openapi({ description: 'after the change' }),
    reserved: z.int().openapi({ description: 'after the change' }),
    canceledOrders: z.array(z.string()),
  })
  .openapi('StockChange');

export const stockChangeAnswer = change;

export const stockHistoryAnswer = z
  .object({
    changes: z.array(change),
    links: z.object({ next: z.string().optional().openapi({ description: 'the next page, if there is one' }) }),
  })
  .openapi('StockHistory');

const MOST = 200;
const number = (highest: number) => {
  const error = `expected a whole number from 1 to ${highest}`;
  return z
    .string()
    .regex(/^\d{1,16}$/, { error })
    .transform(Number)
    .refine((n) => n >= 1 && n <= highest, { error });
};

export const historyQuery = z.strictObject({
  before: number(Number.MAX_SAFE_INTEGER)
    .optional()
    .openapi({ type: 'integer', description: 'the changes before the one with this changeId' }),
  limit: number(MOST).default(50).openapi({ type: 'integer', minimum: 1, maximum: MOST, default: 50 }),
});
