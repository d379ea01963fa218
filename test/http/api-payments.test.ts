import test from 'ava';
import { createApiPayments } from '../../src/api/payments.js';
import { createMetrics } from '../../src/process/metrics.js';
import { payFor, paymentEvent } from '../db/payment-events.js';
import { createTestLog } from '../helpers/broker.js';
import { placeOrder, shopDatabase } from '../helpers/database.js';

test('a reference that is the id of no checkout is logged with its ids, and is no warning', (t) => {
  const log = createTestLog();
  const { onEvent } = createApiPayments({
    pool: undefined as never,
    deliver: () => Promise.reject(new Error('nothing is delivered')),
    metrics: createMetrics('api'),
    log,
  });
  const event = paymentEvent();
  onEvent({ provider: 'stripe', type: event.type, result: 'foreign', event });
  const { eventId, paymentId, orderId } = event;
  t.like(log.lines, [{ level: 'info', fields: { provider: 'stripe', eventId, paymentId, orderId } }]);
});

test('a payment that a hundred events report is delivered once', async (t) => {
  const { pool } = await shopDatabase(t);
  const paymentId = await payFor(pool, await placeOrder(pool));
  const delivered: string[] = [];
  const payments = createApiPayments({
    pool,
    deliver: async (payment) => void delivered.push(payment.paymentId),
    metrics: createMetrics('api'),
    log: createTestLog(),
  });
  for (let index = 0; index < 100; index++) payments.onPayment({ paymentId } as never);
  await payments.idle();
  t.deepEqual(delivered, [paymentId]);
});
