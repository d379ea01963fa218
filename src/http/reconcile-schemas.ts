import { moment } from './extend-route.js';
import { z } from './zod.js';

/** The shapes of the operators' route that compares payments, for validation and for their `/openapi.json`. */

export const reconcileBody = z
  .strictObject(
    {
      since: moment.openapi({ description: 'from this time on' }),
      until: moment.optional().openapi({ description: 'before this time; now, if not given' }),
      provider: z
        .string({ error: 'expected the name of a provider as text' })
        .optional()
        .openapi({ description: 'only this provider; all of them, if not given', example: 'stripe' }),
      dryRun: z
        .boolean({ error: 'expected true or false' })
        .optional()
        .openapi({ description: 'true: only says what would be found' }),
    },
    { error: (issue) => (issue.code === 'invalid_type' ? 'expected an object with since' : undefined) },
  )
  .check(({ value: { since, until = new Date() }, issues }) => {
    if (since < until) return;
    issues.push({
      code: 'custom',
      message: 'expected a time before until, and not in the future',
      path: ['since'],
      input: since,
    });
  })
  .openapi('Reconciliation');

const money = { amount: z.int().openapi({ description: 'in minor units' }), currency: z.string() };
const payment = { paymentId: z.string(), orderId: z.string(), ...money };

export const reconciledAnswer = z
  .object({
    providers: z.array(
      z.object({
        provider: z.string(),
        listed: z.int().openapi({ description: 'the payments that the provider lists' }),
        ours: z.int().openapi({ description: 'the payments of this provider that were received in this span' }),
        found: z.array(
          z.object({
            ...payment,
            result: z.string().openapi({
              description: 'the status of the payment now; missing: of a dry run; conflict: a person has to look',
              example: 'accepted',
            }),
          }),
        ),
        different: z.array(
          z.object({
            ...payment,
            there: z
              .object(money)
              .nullable()
              .openapi({ description: 'what the provider says; null where it has no such paid payment' }),
          }),
        ),
        reports: z
          .array(
            z.object({
              subject: z.enum(['payment', 'refund', 'dispute']),
              id: z.string().openapi({ description: "the provider's id of it" }),
              paymentId: z.string(),
              type: z.string().openapi({ example: 'refund.succeeded' }),
              ...money,
              result: z.string().openapi({
                description:
                  'stored; repeated; unplaced: kept until the payment is decided; contradicting, conflict: a person has to look; missing: of a dry run',
                example: 'stored',
              }),
            }),
          )
          .nullable()
          .openapi({
            description: 'refunds and disputes that no webhook has reported; null: the provider has no ledger',
          }),
      }),
    ),
  })
  .openapi('Reconciled');
