import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import type { PaymentEvent } from '../domain/payment.js';
import { readJson, validate } from './body.js';
import { Problem } from './problem.js';
import { webhookBody, webhookType } from './schemas.js';

export interface WebhookDeps {
  /** `whsec_…`, the newest first; several while one replaces another. */
  readonly secrets: readonly string[];
  readonly storeEvent: (event: PaymentEvent) => Promise<'stored' | 'repeated'>;
  /** Called after the answer's event is durable, with every event that tells of money. */
  readonly onPayment: (event: PaymentEvent) => void;
  readonly onEvent?: (type: string, result: 'stored' | 'repeated' | 'ignored') => void;
}

const PROVIDER = 'standard-webhooks';

/**
 * `POST /webhooks/payment`, signed by https://www.standardwebhooks.com over the raw body. 2xx once the event is
 * durable and never before; what it means is decided later, by the order's settlement.
 */
export function webhookRoute(deps: WebhookDeps) {
  const verifiers = deps.secrets.map((secret) => new Webhook(secret));
  return async (request: Request, response: Response): Promise<void> => {
    const raw: Buffer = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    verify(verifiers, raw, request);
    const event = readEvent(request, raw);
    if (event === undefined) {
      deps.onEvent?.('unknown', 'ignored');
      response.status(204).end();
      return;
    }
    const result = await deps.storeEvent(event);
    deps.onEvent?.(event.type, result);
    if (event.type === 'payment.succeeded') deps.onPayment(event);
    response.status(204).end();
  };
}

function verify(verifiers: readonly Webhook[], raw: Buffer, request: Request): void {
  const headers = {
    'webhook-id': request.get('webhook-id') ?? '',
    'webhook-timestamp': request.get('webhook-timestamp') ?? '',
    'webhook-signature': request.get('webhook-signature') ?? '',
  };
  for (const verifier of verifiers) {
    try {
      verifier.verify(raw, headers, { jsonParse: false });
      return;
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error;
    }
  }
  throw new Problem(401, 'signature', 'Signature not accepted', 'The signature or its timestamp was not accepted.');
}

/** A type that we do not know is fine and means nothing to us. */
function readEvent(request: Request, raw: Buffer): PaymentEvent | undefined {
  const body = readJson(request);
  const { type: named } = validate(webhookType, body);
  if (!webhookBody.shape.type.safeParse(named).success) return undefined;
  const { type, data } = validate(webhookBody, body);
  return {
    provider: PROVIDER,
    eventId: String(request.get('webhook-id')),
    type,
    ...data,
    bodySha256: createHash('sha256').update(raw).digest(),
  };
}
