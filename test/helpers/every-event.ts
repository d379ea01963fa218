import { markCaptureFailed, markVoided } from '../../src/db/authorisations/outcomes.js';
import { moveDeadline } from '../../src/db/deadlines/moves.js';
import { remindOfDeadline } from '../../src/db/deadlines/reminders.js';
import type { Pool } from '../../src/db/driver/pool.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { createSettlements } from '../../src/db/orders/settlements.js';
import { refundPayment } from '../../src/db/payments/payment-changes.js';
import { storeEvent } from '../../src/db/payments/payments.js';
import { markRefunded, markRefundFailed } from '../../src/db/payments/refunds.js';
import { retryRefund } from '../../src/db/refunds/refund-changes.js';
import { markOrderRefunded, markOrderRefundFailed } from '../../src/db/refunds/refund-outcomes.js';
import { storeReport } from '../../src/db/reports/store-report.js';
import { owe, payFor, paymentEvent } from '../db/payment-events.js';
import { placeOrder, product, WINDOW_MS } from './database.js';
import { expiredOrder, lateSales } from './late-sales.js';
import { paidOrder, refundOf } from './refunds.js';
import { closedReport, disputeReport } from './reports.js';

/** What a shop needs for {@link makeEveryEvent}. */
export const productsOfEveryEvent = [
  product(),
  product({ sku: 'gift', unitPrice: 0 }),
  product({ sku: 'rare', stock: 1 }),
];

/** Makes each event that this software knows, with each field that it may have. */
export async function makeEveryEvent(pool: Pool): Promise<void> {
  await lifeOfAnOrder(pool);
  await refundOfAnOrder(pool);
  await lateMoney(pool);
  await disputes(pool);
  await authorisedMoney(pool);
  await placeOrder(pool, { userId: null, lines: [{ sku: 'gift', quantity: 1 }] });
  const { orderId } = await placeOrder(pool, { userId: 'ada', lines: [{ sku: 'rare', quantity: 1 }] });
  await settleOrder(pool, orderId, { kind: 'cancel', reason: 'customer-request' });
}

async function lifeOfAnOrder(pool: Pool): Promise<void> {
  const order = await placeOrder(pool, {
    reference: 'SO-1',
    metadata: { channel: 'app' },
    paymentMethod: 'transfer',
    lines: [{ sku: 'mug', quantity: 2 }],
    adjustments: [
      { kind: 'shipping', label: 'by post', amount: 490 },
      { kind: 'tax', label: 'VAT', amount: 400, included: true },
    ],
  });
  const to = new Date(order.expiresAt.getTime() + 1_000);
  await moveDeadline(pool, order.orderId, { to, by: 'shop' }, 2 * WINDOW_MS);
  await remindOfDeadline(pool, order.orderId, to);
  await settleOrder(pool, order.orderId, { kind: 'payment', paymentId: await payFor(pool, order) });
}

async function refundOfAnOrder(pool: Pool): Promise<void> {
  const { orderId } = await paidOrder(pool);
  const lines = [{ sku: 'mug', quantity: 1 }];
  const { refundId } = await refundOf(pool, orderId, { lines, restock: true, reason: 'chipped' });
  await markOrderRefundFailed(pool, { refundId, attempt: 0 }, 'the charge is disputed');
  await retryRefund(pool, { refundId, by: 'ann' });
  await markOrderRefunded(pool, refundId, 're_1', 900);
}

async function disputes(pool: Pool): Promise<void> {
  const { paymentId } = await paidOrder(pool);
  await storeReport(pool, disputeReport({ paymentId, disputeId: 'dp_1', reason: 'fraudulent' }));
  await storeReport(pool, closedReport({ paymentId, disputeId: 'dp_1' }, 'won'));
}

async function lateMoney(pool: Pool): Promise<void> {
  const late = await expiredOrder(pool);
  const paymentId = await payFor(pool, late);
  await settleOrder(pool, late.orderId, { kind: 'payment', paymentId });
  await markRefundFailed(pool, { paymentId, refundAttempt: 0 }, 'the account is closed');
  await refundPayment(pool, { paymentId, by: 'ann' });
  await markRefunded(pool, paymentId, 're_2');
  await createSettlements(pool, { lateSales }).receive(paymentEvent({ ...(await expiredOrder(pool)) }));
  await storeEvent(pool, paymentEvent({ orderId: 'of-another-shop' }));
  await markRefunded(pool, await owe(pool), 're_3');
}

async function authorisedMoney(pool: Pool): Promise<void> {
  const { receive } = createSettlements(pool);
  for (const order of [await placeOrder(pool), await expiredOrder(pool)]) {
    const { orderId, amount, currency } = order;
    const event = paymentEvent({ type: 'payment.authorised', orderId, amount, currency });
    await receive(event);
    await markCaptureFailed(pool, { ...event, orderId }, 0, 'the authorisation has ended');
    await markVoided(pool, event.paymentId);
  }
}
