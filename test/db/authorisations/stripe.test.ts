import test from 'ava';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import { settleOrder } from '../../../src/db/orders/settlement.js';
import { createStripeProvider } from '../../../src/payments/stripe-provider.js';
import { booked, workerOf } from '../../helpers/authorised.js';
import { begunRows, createDesk, makeAllDue, passDeadline } from '../../helpers/begun.js';
import { placeOrder, shopDatabase } from '../../helpers/database.js';
import { startStripe } from '../../helpers/stripe-server.js';

/** Stripe's cancel of a payment intent also releases money that is authorised. */

for (const as of ['client-secret', 'page'] as const) {
  const kind = as === 'page' ? 'a session' : 'an intent';
  test(`at the deadline ${kind} of Stripe that is authorised pays its order, and its money is not released`, async (t) => {
    const { pool } = await shopDatabase(t);
    const server = await startStripe();
    t.teardown(server.close);
    const capture = 'at-settlement';
    const desk = createDesk(pool, [createStripeProvider({ secretKey: 'sk_test_1', url: server.url, capture })]);
    const worker = workerOf(pool, { url: 'http://127.0.0.1:9', token: 'a-token-of-no-provider' }, server.url);
    const { orderId, amount } = await placeOrder(pool);
    const { reference } = await desk.begun(orderId, { as, returnUrl: 'https://shop.example.com/' });
    const { id, status } = server.payments.pay(reference);
    t.is(status, 'requires_capture');
    await passDeadline(pool, orderId);
    t.deepEqual(await desk.closeOf(orderId), { closed: 0, paid: 1, processing: 0 });
    t.like(await settleOrder(pool, orderId, { kind: 'expired' }), { order: { status: 'paid', paymentId: id } });
    t.deepEqual(await begunRows(pool), [{ state: 'paid', reference, isOpen: null, paymentId: id }]);
    t.deepEqual(await worker.capturePayment(id), { captured: amount });
    t.like(await booked(pool, id), { state: 'captured', uncaptured: 0 });
    t.like(server.payments.intents(), [{ id, status: 'succeeded', amount_received: amount }]);
    await makeAllDue(pool);
    t.is(await desk.sweep(), 0);
    t.deepEqual(await auditDatabase(pool, 0), []);
  });
}
