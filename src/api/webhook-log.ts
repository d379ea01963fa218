import type { Log } from '../domain/log.js';
import type { WebhookDeps } from '../http/webhook-route.js';
import type { createMetrics } from '../process/metrics.js';

/** Counts the webhook's events, and logs what a person must know. */
export function createWebhookLog(deps: {
  readonly metrics: ReturnType<typeof createMetrics>;
  readonly log: Log;
}): NonNullable<WebhookDeps['onEvent']> {
  const { metrics, log } = deps;
  return ({ provider, type, result, event, unreadable }) => {
    metrics.webhooks.inc({ provider, type, result });
    if (unreadable !== undefined) {
      const { eventId, detail } = unreadable;
      log.error({ provider, eventId, detail }, 'a signed event about a payment cannot be read, a person has to look');
    }
    if (event === undefined) return;
    const { eventId, paymentId, orderId } = event;
    const names = { provider, eventId, paymentId, orderId };
    if (result === 'foreign') log.info(names, 'a payment names no order: its reference is the id of no checkout');
    if (result === 'conflict')
      log.error(names, "an event's id was used before with another body, a person has to look");
    if (result === 'contradicting') log.error(names, 'an event reports a known payment with another order or amount');
    if (result === 'unplaced') log.warn(names, 'a payment names an order that is not known, it is kept for a person');
  };
}
