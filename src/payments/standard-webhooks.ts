import { createHash } from 'node:crypto';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { z } from 'zod';
import type { NotOurs, PaymentEvent, WebhookReader } from '../domain/payment.js';
import { invalidEvent, parseJson, refused, validated } from './read-event.js';
import { amount, eventId, eventType, jsonSchema, orderId, paymentId } from './schemas.js';

export const STANDARD_WEBHOOKS = 'standard-webhooks';

const HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;

const EXPECTED_CODE = 'expected a code of ISO 4217, such as EUR';

/** Unknown fields are accepted: providers add fields, and the signature covers them. */
const event = z.object({
  type: z.enum(['payment.succeeded', 'payment.processing', 'payment.failed']),
  data: z.object({
    paymentId,
    orderId,
    amount,
    currency: z.string({ error: EXPECTED_CODE }).regex(/^[A-Z]{3}$/, { error: EXPECTED_CODE }),
  }),
});

const example = (type: z.infer<typeof event>['type']): z.infer<typeof event> => ({
  type,
  data: {
    paymentId: 'pay_01a21bd1',
    orderId: '01a2f0de-7c11-7e57-8a51-5b2f6c1f9e10',
    amount: 2500,
    currency: 'EUR',
  },
});

/**
 * Webhooks that are signed over the raw body, as https://www.standardwebhooks.com specifies.
 *
 * @param options.secrets `whsec_…`; two during a rotation of the secret
 */
export function createStandardWebhooks({ secrets }: { readonly secrets: readonly string[] }): WebhookReader {
  const verifiers = secrets.map((secret) => new Webhook(secret));
  return {
    name: STANDARD_WEBHOOKS,
    path: '/webhooks/payment',
    expects: {
      summary: 'Report a payment, signed as Standard Webhooks',
      about: 'The signature is that of [Standard Webhooks](https://www.standardwebhooks.com).',
      headers: HEADERS,
      body: jsonSchema(event),
      examples: {
        succeeded: example('payment.succeeded'),
        processing: example('payment.processing'),
        failed: example('payment.failed'),
      },
      refusesInvalid: true,
    },
    read(raw, header) {
      verify(verifiers, raw, header);
      return readEvent(raw, header('webhook-id') ?? '');
    },
  };
}

function verify(verifiers: readonly Webhook[], raw: Buffer, header: (name: string) => string | undefined): void {
  const headers = Object.fromEntries(HEADERS.map((name) => [name, header(name) ?? '']));
  for (const verifier of verifiers) {
    try {
      verifier.verify(raw, headers, { jsonParse: false });
      return;
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error;
    }
  }
  throw refused();
}

function readEvent(raw: Buffer, id: string): PaymentEvent | NotOurs {
  const body = parseJson(raw);
  if (!event.shape.type.safeParse(validated(eventType, body).type).success) {
    return { result: 'ignored', type: 'unknown' };
  }
  const { type, data } = validated(event, body);
  if (!eventId.safeParse(id).success) {
    throw invalidEvent({ path: ['webhook-id'], in: 'header', detail: 'expected 1 to 255 visible characters' });
  }
  const bodySha256 = createHash('sha256').update(raw).digest();
  return { provider: STANDARD_WEBHOOKS, eventId: id, type, ...data, bodySha256 };
}
