import type { ShopEvent } from '../domain/event.js';
import type { TestBody, WebhookBody } from '../schemas/event-envelopes.js';
import { signaturesOf } from './keys.js';

/** A request as https://www.standardwebhooks.com specifies it. */
export interface WebhookRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * An event for an endpoint. Each try has the same id and the same body, and a timestamp and signatures of its own.
 *
 * @param keys the keys that sign, the newest first
 */
export function webhookOf(event: ShopEvent, keys: readonly string[], now: number): WebhookRequest {
  const { eventId: id, type, subject, sequence, occurredAt, data } = event;
  return signed({ id, type, timestamp: occurredAt.toISOString(), subject, sequence, data }, keys, now);
}

/** What `orders endpoints test` sends. No event has this type. */
export const testOf = (id: string, keys: readonly string[], now: number): WebhookRequest =>
  signed({ id, type: 'endpoint.test', timestamp: new Date(now).toISOString(), data: {} }, keys, now);

function signed(content: WebhookBody | TestBody, keys: readonly string[], now: number): WebhookRequest {
  const { id } = content;
  const body = JSON.stringify(content);
  const timestamp = Math.floor(now / 1_000);
  return {
    headers: {
      'content-type': 'application/json',
      'user-agent': 'order-bridge',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signaturesOf(keys, { id, timestamp, body }),
    },
    body,
  };
}
