import test from 'ava';
import type { MoneyReport } from '../../src/domain/money-report.js';
import { createStripeWebhooks } from '../../src/payments/stripe-webhooks.js';
import { stripeSecret, stripeSignature } from '../helpers/stripe-webhook.js';

/** Stripe's refunds and disputes, as they are read from its events. */

const event = (type: string, object: object, id = 'evt_1') => ({
  id,
  object: 'event',
  api_version: '2026-01-01',
  livemode: false,
  pending_webhooks: 1,
  type,
  data: { object },
});

function read(body: object): MoneyReport & { readonly result?: string } {
  const text = JSON.stringify(body);
  const reader = createStripeWebhooks({ secrets: [stripeSecret] });
  return reader.read(Buffer.from(text), () => stripeSignature(text)) as never;
}

const refund = {
  object: 'refund',
  id: 're_1',
  payment_intent: 'pi_1',
  amount: 500,
  currency: 'eur',
  status: 'succeeded',
};
const dispute = {
  object: 'dispute',
  id: 'dp_1',
  payment_intent: 'pi_1',
  amount: 500,
  currency: 'eur',
  reason: 'fraudulent',
};
const money = { provider: 'stripe', eventId: 'evt_1', paymentId: 'pi_1', amount: 500, currency: 'EUR' };

test('a refund that is made or pending has succeeded, with the key that our client has given it', (t) => {
  const { bodySha256, ...report } = read(event('refund.created', refund));
  t.is(bodySha256.length, 32);
  t.deepEqual(report as object, { ...money, type: 'refund.succeeded', refundId: 're_1' });
  const keyed = { ...refund, status: 'pending', metadata: { key: 'refund:pi_1', reason: 'late' } };
  t.like(read(event('refund.updated', keyed)), { type: 'refund.succeeded', key: 'refund:pi_1' });
});

test('a refund that has failed or was canceled has failed, with the reason', (t) => {
  for (const type of ['refund.updated', 'refund.failed']) {
    const report = read(event(type, { ...refund, status: 'failed', failure_reason: 'lost_or_stolen_card' }));
    t.like(report, {
      type: 'refund.failed',
      refundId: 're_1',
      failure: "Stripe's refund re_1 is failed: lost_or_stolen_card",
    });
  }
  t.like(read(event('refund.updated', { ...refund, status: 'canceled' })), { type: 'refund.failed' });
});

test('a refund that waits for the customer is ignored, and one without a payment intent is of another program', (t) => {
  t.like(read(event('refund.created', { ...refund, status: 'requires_action' })), { result: 'ignored' });
  t.like(read(event('refund.created', { ...refund, payment_intent: null })), { result: 'foreign' });
  t.like(read(event('charge.dispute.created', { ...dispute, status: 'needs_response', payment_intent: null })), {
    result: 'foreign',
  });
});

test('a dispute is opened and closed; only a lost one takes the money', (t) => {
  t.like(read(event('charge.dispute.created', { ...dispute, status: 'needs_response' })), {
    ...money,
    type: 'dispute.opened',
    disputeId: 'dp_1',
    reason: 'fraudulent',
  });
  for (const [status, outcome] of [
    ['lost', 'lost'],
    ['won', 'won'],
    ['warning_closed', 'won'],
  ]) {
    t.like(read(event('charge.dispute.closed', { ...dispute, status })), { type: 'dispute.closed', outcome } as never);
  }
});

test('amounts are in the minor units of ISO 4217, and an event sent again has the same digest', (t) => {
  t.like(read(event('refund.created', { ...refund, currency: 'isk', amount: 500 })), { amount: 5, currency: 'ISK' });
  const first = event('refund.created', refund);
  t.deepEqual(read(first).bodySha256, read({ ...first, pending_webhooks: 3 }).bodySha256);
  t.notDeepEqual(read(first).bodySha256, read(event('refund.created', { ...refund, amount: 501 })).bodySha256);
});

for (const [field, value] of [
  ['id', ''],
  ['amount', -1],
  ['amount', 1.5],
  ['currency', 'euro'],
  ['payment_intent', 7],
] as const) {
  test(`a refund and a dispute whose ${field} is ${JSON.stringify(value)} are unreadable, and no error to Stripe`, (t) => {
    const bad = { ...refund, [field]: value };
    t.like(read(event('refund.created', bad)), { result: 'unreadable' });
    t.like(read(event('charge.dispute.closed', { ...bad, status: 'lost' })), { result: 'unreadable' });
  });
}
