import type { Pool } from '../db/driver/pool.js';
import { findPayment } from '../db/payments/payments.js';
import { messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import type { PaymentEvent } from '../domain/payment.js';
import { createRecent } from '../domain/recent.js';
import type { WebhookDeps } from '../http/webhook-route.js';
import type { createMetrics } from '../process/metrics.js';
import type { DeliverPayment } from '../temporal/payment-delivery.js';

/** At most so many deliveries are under way in a process; the sweep delivers the other payments. A rule of thumb. */
const AT_ONCE = 1_000;

/** After a webhook is stored, the API signals the payment to its workflow at once, and logs what a person must know. */
export function createApiPayments(deps: {
  readonly pool: Pool;
  readonly deliver: DeliverPayment;
  readonly metrics: ReturnType<typeof createMetrics>;
  readonly log: Log;
}): Pick<Required<WebhookDeps>, 'onPayment' | 'onEvent'> & { readonly idle: () => Promise<unknown> } {
  const { pool, deliver, metrics, log } = deps;
  const delivering = new Set<Promise<void>>();
  // Several events may name one payment.
  const recent = createRecent({ forMs: 60_000, most: 10_000, now: Date.now });

  async function deliverStored(paymentId: string): Promise<void> {
    const payment = await findPayment(pool, paymentId);
    if (payment !== undefined) await deliver(payment);
  }

  return {
    /** The payment is stored already. When the delivery fails or is left out here, the bridge's sweep delivers. */
    onPayment({ paymentId }: PaymentEvent) {
      if (delivering.size >= AT_ONCE || recent.has(paymentId)) return;
      recent.add(paymentId);
      const delivery: Promise<void> = deliverStored(paymentId)
        .catch((error) => log.warn({ paymentId, reason: messageOf(error) }, 'payment stored, to be delivered later'))
        .finally(() => delivering.delete(delivery));
      delivering.add(delivery);
    },
    onEvent({ provider, type, result, event, unreadable }) {
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
    },
    idle: () => Promise.all(delivering),
  };
}
