import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { webhookSecret } from './system.js';

interface WebhookOptions {
  readonly id?: string;
  readonly at?: Date;
  readonly secret?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Signs a webhook as a provider does. A test may replace each part by a wrong value. */
export function signedWebhook(event: object, options: WebhookOptions = {}) {
  const { id = `msg_${randomUUID()}`, at = new Date(), secret = webhookSecret } = options;
  const signed = JSON.stringify(event);
  return {
    method: 'POST',
    path: '/webhooks/payment',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, at, signed),
      ...options.headers,
    },
    body: options.body ?? signed,
  } as const;
}

export async function sendWebhook(shopUrl: string, event: object, options: WebhookOptions = {}): Promise<Response> {
  const { path, ...request } = signedWebhook(event, options);
  return await fetch(`${shopUrl}${path}`, request);
}
