import type { ShopEvent } from '../domain/event.js';
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
  return signed(id, JSON.stringify({ id, type, timestamp: occurredAt, subject, sequence, data }), keys, now);
}

/** What `orders endpoints test` sends. No event has this type. */
const TEST_TYPE = 'endpoint.test';

export const testOf = (id: string, keys: readonly string[], now: number): WebhookRequest =>
  signed(id, JSON.stringify({ id, type: TEST_TYPE, timestamp: new Date(now), data: {} }), keys, now);

function signed(id: string, body: string, keys: readonly string[], now: number): WebhookRequest {
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
