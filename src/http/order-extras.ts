import type { OrderExtras } from '../domain/order.js';
import { expectedPrintable, toPrintable } from '../domain/printable.js';
import { type Adjustment, adjustmentKinds, LIMITS } from '../domain/totals.js';
import { z } from './zod.js';

/** The shapes of what the shop may add to a checkout, and of what an order returns of it. */

const LONGEST = { reference: 64, name: 40, value: 500 } as const;
const MOST_NAMES = 20;

/** A text of a person, parsed to the form in which the shop keeps such texts. */
const printable = (longest: number) =>
  z
    .string({ error: expectedPrintable(longest) })
    .transform((text, context) => {
      const kept = toPrintable(text, longest);
      if (kept !== undefined) return kept;
      context.addIssue({ code: 'custom', message: expectedPrintable(longest) });
      return z.NEVER;
    })
    .openapi({ type: 'string', minLength: 1, maxLength: longest, description: expectedPrintable(longest) });

const amountUpTo = (lowest: number) => {
  const error = `expected a whole number of minor units from ${lowest} to ${LIMITS.amount}`;
  return z.int({ error }).min(lowest, { error }).max(LIMITS.amount, { error });
};

export const unitPrice = amountUpTo(0).openapi({
  description: "an agreed price in minor units instead of the price of the catalogue; for the shop's own backend only",
  example: 1250,
});

const kinds = adjustmentKinds.join(', ');

const adjustmentShape = {
  kind: z.enum(adjustmentKinds, { error: `expected one of ${kinds}` }),
  label: printable(LIMITS.label).openapi({ example: 'Parcel, insured' }),
  amount: amountUpTo(-LIMITS.amount).openapi({
    description: 'in minor units: negative for a discount, not negative for the others',
    example: 490,
  }),
  included: z
    .literal(true, { error: 'expected true, or no such field' })
    .optional()
    .openapi({ description: 'a tax that the prices contain already: shown, and not added' }),
};

const adjustment = z
  .strictObject(adjustmentShape, {
    error: (issue) => (issue.code === 'invalid_type' ? 'expected an object with kind, label and amount' : undefined),
  })
  .superRefine(({ kind, amount, included }, context) => {
    const say = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    if (kind === 'discount' && amount > 0) say('amount', 'expected an amount of a discount that is not positive');
    if (kind !== 'discount' && amount < 0) say('amount', `expected an amount of ${kind} that is not negative`);
    if (included && kind !== 'tax') say('included', 'expected only a tax to be included');
  });

export const adjustments = z
  .array(adjustment, { error: 'expected a list of adjustments' })
  .max(LIMITS.adjustments, { error: `expected at most ${LIMITS.adjustments} adjustments` })
  .openapi({ description: "what the order costs beside its lines; for the shop's own backend only" });

export const reference = printable(LONGEST.reference).openapi({
  description: "the shop's own number of the order; no two orders have the same one",
  example: '2026-10447',
});

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** No half of a surrogate pair, which the database takes for no JSON, and no control character but those of a text. */
const isText = (value: string): boolean =>
  value.isWellFormed() && !/[^\P{Cc}\t\n\r]/u.test(value) && [...value].length <= LONGEST.value;

const EXPECTED_NAMES = `expected an object of at most ${MOST_NAMES} texts`;

export const metadata = z
  .custom<Record<string, string>>(isObject, { error: EXPECTED_NAMES })
  .superRefine((given, context) => {
    const say = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    const all = Object.entries(given as Record<string, unknown>);
    if (all.length > MOST_NAMES) return say([], EXPECTED_NAMES);
    for (const [name, value] of all) {
      if (toPrintable(name, LONGEST.name) === undefined) say([name], `a name: ${expectedPrintable(LONGEST.name)}`);
      else if (typeof value !== 'string' || !isText(value))
        say([name], `expected a text of up to ${LONGEST.value} characters`);
    }
  })
  .openapi({
    type: 'object',
    maxProperties: MOST_NAMES,
    additionalProperties: { type: 'string', maxLength: LONGEST.value },
    description: `texts of the shop that the order keeps and returns; a name has up to ${LONGEST.name} characters`,
    example: { channel: 'app' },
  });

/** The extras of a body: a list or an object without entries counts as absent. */
export function extrasOf(body: {
  readonly adjustments?: readonly z.infer<typeof adjustment>[] | undefined;
  readonly reference?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}): OrderExtras {
  const { adjustments: list = [], reference: ownNumber, metadata: texts = {} } = body;
  return {
    ...(list.length > 0 && { adjustments: list.map(toAdjustment) }),
    ...(ownNumber !== undefined && { reference: ownNumber }),
    ...(Object.keys(texts).length > 0 && { metadata: texts }),
  };
}

/** The fields in one order, so that two ways to write an adjustment have one fingerprint. */
const toAdjustment = ({ kind, label, amount, included }: z.infer<typeof adjustment>): Adjustment => ({
  kind,
  label,
  amount,
  ...(included && { included }),
});

/** Of an order that is read: each field is there. */
export const extrasAnswer = {
  adjustments: z
    .array(z.object({ ...adjustmentShape, label: z.string(), amount: z.int() }))
    .openapi({ description: 'what the order costs beside its items' }),
  reference: z.string().nullable().openapi({ description: "the shop's own number of the order" }),
  metadata: z.record(z.string(), z.string()),
};
