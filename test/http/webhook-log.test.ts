import test from 'ava';
import { createWebhookLog } from '../../src/api/webhook-log.js';
import { createMetrics } from '../../src/process/metrics.js';
import { paymentEvent } from '../db/payment-events.js';
import { createTestLog } from '../helpers/broker.js';

test('an event whose reference is the id of no checkout is logged with its ids, and not as a warning', (t) => {
  const log = createTestLog();
  const onEvent = createWebhookLog({ metrics: createMetrics('api'), log });
  const event = paymentEvent();
  onEvent({ provider: 'stripe', type: event.type, result: 'foreign', event });
  const { eventId, paymentId, orderId } = event;
  t.like(log.lines, [{ level: 'info', fields: { provider: 'stripe', eventId, paymentId, orderId } }]);
});
