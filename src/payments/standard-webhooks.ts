import { createHash } from 'node:crypto';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { z } from 'zod';
import { MONEY_REPORTS, type MoneyReport } from '../domain/money-report.js';
import type { NotOurs, PaymentEvent, WebhookReader } from '../domain/payment.js';
import { invalidEvent, parseJson, refused, validated } from './read-event.js';
import { amount, currencyCode, eventId, eventType, jsonSchema, orderId, paymentId } from './schemas.js';
import { reportExamples, standardReports, toReport } from './standard-reports.js';

export const STANDARD_WEBHOOKS = 'standard-webhooks';

const HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;

/** Unknown fields are accepted: providers add fields, and the signature covers them. */
const paymentEvent = z.object({
  type: z.enum(['payment.succeeded', 'payment.authorised', 'payment.processing', 'payment.failed']),
  data: z.object({ paymentId, orderId, amount, currency: currencyCode }),
});

const event = z.discriminatedUnion('type', [paymentEvent, ...standardReports]);
const types = z.enum([...paymentEvent.shape.type.options, ...MONEY_REPORTS]);

const example = (type: z.infer<typeof paymentEvent>['type']): z.infer<typeof paymentEvent> => ({
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
        authorised: example('payment.authorised'),
        processing: example('payment.processing'),
        failed: example('payment.failed'),
        ...reportExamples,
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

function readEvent(raw: Buffer, id: string): PaymentEvent | MoneyReport | NotOurs {
  const body = parseJson(raw);
  if (!types.safeParse(validated(eventType, body).type).success) {
    return { result: 'ignored', type: 'unknown' };
  }
  const read = validated(event, body);
  if (!eventId.safeParse(id).success) {
    throw invalidEvent({ path: ['webhook-id'], in: 'header', detail: 'expected 1 to 255 visible characters' });
  }
  const bodySha256 = createHash('sha256').update(raw).digest();
  const signed = { provider: STANDARD_WEBHOOKS, eventId: id, bodySha256 };
  return isPayment(read) ? { ...signed, type: read.type, ...read.data } : toReport(read, signed);
}

const isPayment = (read: z.infer<typeof event>): read is z.infer<typeof paymentEvent> =>
  read.type.startsWith('payment.');
