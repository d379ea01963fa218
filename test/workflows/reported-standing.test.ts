import test from 'ava';
import { readStanding } from '../../workflows/reported-standing.js';

/** The part of a signal that says what the database decided. Every client of Temporal can send a signal. */

const order = {
  orderId: 'order-1',
  status: 'paid',
  expiresAt: '2030-01-01T00:00:00.000Z',
  expiresInMs: 60_000,
  cancelReason: null,
  paymentId: 'pay-1',
  refund: null,
};

test('a report is read as the order that it says', (t) => {
  t.like(readStanding('order-1', order), { status: 'paid', expiresAt: order.expiresAt, paymentId: 'pay-1' });
});

test('a report says why an order is paid without a payment', (t) => {
  const free = { ...order, paymentId: null, paidReason: 'nothing-to-pay' };
  t.like(readStanding('order-1', free), { status: 'paid', paymentId: null, paidReason: 'nothing-to-pay' });
  t.is(readStanding('order-1', { ...free, paidReason: 'x'.repeat(1_000) }), undefined);
});

test('a deadline that is followed by a long text is kept without the text', (t) => {
  const expiresAt = `2030-01-01 (${'x'.repeat(1_000_000)})`;
  const kept = readStanding('order-1', { ...order, expiresAt })?.expiresAt ?? expiresAt;
  t.is(kept.length, order.expiresAt.length);
});
