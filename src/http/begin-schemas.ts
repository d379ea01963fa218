import { BEGIN_AS } from '../domain/begun-payment.js';
import { z } from './zod.js';

/** The shapes of the route that begins a payment, for validation and for `/openapi.json`. */

const LONGEST_URL = 2_000;
const EXPECTED_URL = `expected an http or https URL of at most ${LONGEST_URL} characters, without a login`;

/** Kept as the URL's own ASCII form, in which a provider takes it. */
const page = z
  .string({ error: EXPECTED_URL })
  .transform((text, context) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const isPage = url !== undefined && ['http:', 'https:'].includes(url.protocol);
    if (isPage && `${url.username}${url.password}` === '' && url.href.length <= LONGEST_URL) return url.href;
    context.addIssue({ code: 'custom', message: EXPECTED_URL });
    return z.NEVER;
  })
  .openapi({ type: 'string', format: 'uri', maxLength: LONGEST_URL, example: 'https://shop.example.com/thanks' });

export const beginBody = z
  .strictObject(
    {
      provider: z.string({ error: 'expected the name of a provider as text' }).optional().openapi({
        description: 'one of several configured providers; the first one, if not given',
        example: 'stripe',
      }),
      as: z
        .enum(BEGIN_AS, { error: `expected ${BEGIN_AS.join(' or ')}` })
        .optional()
        .openapi({
          description:
            'client-secret: for the script of the provider on a page of the shop. page: a page of the provider. Without it, what the provider does by default',
        }),
      returnUrl: page
        .optional()
        .openapi({ description: 'where the customer comes back to; Stripe needs it for a page' }),
      cancelUrl: page.optional().openapi({ description: 'where the customer goes who leaves the page without paying' }),
    },
    { error: (issue) => (issue.code === 'invalid_type' ? 'expected an object, or no body' : undefined) },
  )
  .openapi('BeginPayment');

export const begunAnswer = z
  .object({
    orderId: z.uuid(),
    provider: z.string(),
    paymentId: z.string().openapi({ description: "the provider's id of what was begun" }),
    as: z.enum(BEGIN_AS),
    amount: z.int().openapi({ description: 'in minor units: the amount of the order' }),
    currency: z.string(),
    expiresAt: z.iso.datetime().openapi({ description: 'the deadline of the order: the payment is closed then' }),
    url: z.string().optional().openapi({ description: 'of page: where the customer pays' }),
    clientSecret: z
      .string()
      .optional()
      .openapi({ description: "of client-secret: for the provider's script, and for this customer only" }),
  })
  .openapi('BegunPayment');
