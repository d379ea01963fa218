import type { Log } from '../domain/log.js';
import type { MoneyReport } from '../domain/money-report.js';
import type { WebhookDeps } from '../http/webhook-route.js';
import type { createMetrics } from '../process/metrics.js';

/** Counts the webhook's events, and logs what a person must know. */
export function createWebhookLog(deps: {
  readonly metrics: ReturnType<typeof createMetrics>;
  readonly log: Log;
}): NonNullable<WebhookDeps['onEvent']> {
  const { metrics, log } = deps;
  return ({ provider, type, result, event, report, unreadable }) => {
    metrics.webhooks.inc({ provider, type, result });
    if (unreadable !== undefined) {
      const { eventId, detail } = unreadable;
      log.error({ provider, eventId, detail }, 'a signed event about a payment cannot be read, a person has to look');
    }
    if (report !== undefined) logReport(log, report, result);
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

/** A person has evidence to give, or money to look for. */
function logReport(log: Log, { type, provider, eventId, paymentId, ...money }: MoneyReport, result: string): void {
  const names = {
    provider,
    eventId,
    paymentId,
    ...('refundId' in money ? { refundId: money.refundId } : { disputeId: money.disputeId }),
  };
  if (result === 'conflict') log.error(names, "an event's id was used before with another body, a person has to look");
  if (result === 'contradicting')
    log.error(names, 'a provider reports more money back than was paid, or in another currency, a person has to look');
  if (result === 'unplaced')
    log.info(names, 'a refund or a dispute names a payment that is not known or not decided yet, it is kept');
  if (result === 'repeated') return;
  if (type === 'dispute.opened') log.warn(names, 'a payment is disputed: a person answers at the provider');
  if (type === 'dispute.closed')
    log.warn({ ...names, outcome: 'outcome' in money ? money.outcome : undefined }, 'a dispute is closed');
  if (type === 'refund.failed') log.error(names, 'a refund has failed at the provider, a person decides');
}
