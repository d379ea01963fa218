import test from 'ava';
import { decideAll, type SettlementRequest } from '../../src/domain/decide-all.js';
import type { CancelReason, OrderStatus, RefundReason } from '../../src/domain/order.js';
import type { PaymentStatus, SettlementCause } from '../../src/domain/settlement.js';

/** Many causes in one transaction: what the causes before have decided, and what is to be written at the end. */

const order = (orderId = 'order-1', more: object = {}) => ({
  orderId,
  status: 'placed' as OrderStatus,
  amount: 1250,
  currency: 'EUR',
  pastDeadline: false,
  cancelReason: null as CancelReason | null,
  paidReason: null as 'nothing-to-pay' | null,
  paymentId: null as string | null,
  ...more,
});
const payment = (paymentId = 'pay-1', more: object = {}) => ({
  paymentId,
  orderId: 'order-1',
  amount: 1250,
  currency: 'EUR',
  status: 'received' as PaymentStatus,
  refundReason: null as RefundReason | null,
  ...more,
});
const paid = (paymentId = 'pay-1'): SettlementCause => ({ kind: 'payment', paymentId });
const cancel: SettlementCause = { kind: 'cancel', reason: 'customer-request' };
const expired: SettlementCause = { kind: 'expired' };
const of = (orderId: string, ...causes: SettlementCause[]): SettlementRequest[] =>
  causes.map((cause) => ({ orderId, cause }));

const nothing = { paid: [], free: [], canceled: [], refunds: [] };
const paidOrder = order('order-1', { status: 'paid', paymentId: 'pay-1' });
const canceledOrder = order('order-1', { status: 'canceled', cancelReason: 'customer-request' });

test('no cause changes nothing', (t) => {
  t.deepEqual(decideAll([], [order()], [payment()]), { decided: [], changes: nothing });
});

test('a payment pays its order, and a cancel cancels its order', (t) => {
  const requests = [...of('order-1', paid()), ...of('order-2', cancel)];
  t.deepEqual(decideAll(requests, [order(), order('order-2')], [payment()]), {
    decided: [
      { order: paidOrder, refund: null },
      { order: { ...canceledOrder, orderId: 'order-2' }, refund: null },
    ],
    changes: {
      paid: [{ orderId: 'order-1', paymentId: 'pay-1' }],
      free: [],
      canceled: [{ orderId: 'order-2', reason: 'customer-request' }],
      refunds: [],
    },
  });
});

test('a cancel after a payment of the same order finds the order paid', (t) => {
  const { decided, changes } = decideAll(of('order-1', paid(), cancel), [order()], [payment()]);
  t.deepEqual(decided, [
    { order: paidOrder, refund: null },
    { order: paidOrder, refund: null },
  ]);
  t.deepEqual(changes, { ...nothing, paid: [{ orderId: 'order-1', paymentId: 'pay-1' }] });
});

test('a payment after a cancel of the same order is refunded', (t) => {
  const { decided, changes } = decideAll(of('order-1', cancel, paid()), [order()], [payment()]);
  const refund = { paymentId: 'pay-1', reason: 'order-canceled' } as const;
  t.deepEqual(decided, [
    { order: canceledOrder, refund: null },
    { order: canceledOrder, refund },
  ]);
  t.deepEqual(changes, {
    ...nothing,
    canceled: [{ orderId: 'order-1', reason: 'customer-request' }],
    refunds: [{ orderId: 'order-1', ...refund }],
  });
});

test('the second of two payments is refunded once, and each repetition is answered with this refund', (t) => {
  const requests = of('order-1', paid(), paid('pay-2'), paid('pay-2'), paid());
  const { decided, changes } = decideAll(requests, [order()], [payment(), payment('pay-2')]);
  const refund = { paymentId: 'pay-2', reason: 'order-already-paid' } as const;
  t.deepEqual(decided, [
    { order: paidOrder, refund: null },
    { order: paidOrder, refund },
    { order: paidOrder, refund },
    { order: paidOrder, refund: null },
  ]);
  t.deepEqual(changes, {
    ...nothing,
    paid: [{ orderId: 'order-1', paymentId: 'pay-1' }],
    refunds: [{ orderId: 'order-1', ...refund }],
  });
});

test('a payment of a wrong amount is refunded, and the order waits for the next payment', (t) => {
  const { decided, changes } = decideAll(
    of('order-1', paid(), paid('pay-2')),
    [order()],
    [payment('pay-1', { amount: 1 }), payment('pay-2')],
  );
  const refund = { paymentId: 'pay-1', reason: 'amount-mismatch' } as const;
  t.deepEqual(decided, [
    { order: order(), refund },
    { order: { ...paidOrder, paymentId: 'pay-2' }, refund: null },
  ]);
  t.deepEqual(changes, {
    ...nothing,
    paid: [{ orderId: 'order-1', paymentId: 'pay-2' }],
    refunds: [{ orderId: 'order-1', ...refund }],
  });
});

test('an order that is not there gets no answer, and its payment stays undecided', (t) => {
  const requests = [...of('order-2', paid('pay-2'), expired), ...of('order-1', cancel)];
  t.deepEqual(decideAll(requests, [order()], [payment('pay-2', { orderId: 'order-2' })]), {
    decided: [undefined, undefined, { order: canceledOrder, refund: null }],
    changes: { ...nothing, canceled: [{ orderId: 'order-1', reason: 'customer-request' }] },
  });
});

test('a payment that is not there, or that belongs to another order, changes nothing and is not owed', (t) => {
  const other = payment('pay-2', { orderId: 'order-2', status: 'refund_required', refundReason: 'order-canceled' });
  const { decided, changes } = decideAll(of('order-1', paid(), paid('pay-2')), [order()], [other]);
  t.deepEqual(decided, [
    { order: order(), refund: null },
    { order: order(), refund: null },
  ]);
  t.deepEqual(changes, nothing);
});

test('a refund is owed only while the payment waits for its refund and has a reason', (t) => {
  const refundOf = (more: object) => decideAll(of('order-1', paid()), [canceledOrder], [payment('pay-1', more)]);
  const refundReason = 'order-canceled';
  t.deepEqual(refundOf({ status: 'refund_required', refundReason }), {
    decided: [{ order: canceledOrder, refund: { paymentId: 'pay-1', reason: refundReason } }],
    changes: nothing,
  });
  for (const more of [
    { status: 'refunded', refundReason },
    { status: 'refund_failed', refundReason },
    { status: 'closed', refundReason },
    { status: 'accepted' },
    { status: 'refund_required' },
  ]) {
    const expected = { decided: [{ order: canceledOrder, refund: null }], changes: nothing };
    t.deepEqual(refundOf(more), expected, JSON.stringify(more));
  }
});

for (const cause of [expired, { kind: 'cancel', reason: 'legacy-timeout' }] as const) {
  const overdue = order('order-1', { pastDeadline: true });
  const name = cause.kind === 'expired' ? 'the timer' : 'a legacy cancel';

  test(`after the deadline ${name} accepts the first undecided payment that fits, and leaves the others`, (t) => {
    const payments = [
      payment('of-another', { orderId: 'order-2' }),
      payment('decided', { status: 'refunded' }),
      payment('too-little', { amount: 1249 }),
      payment('dollars', { currency: 'USD' }),
      payment('first'),
      payment('second'),
    ];
    const { decided, changes } = decideAll(of('order-1', cause), [overdue], payments);
    t.deepEqual(decided, [{ order: { ...overdue, status: 'paid', paymentId: 'first' }, refund: null }]);
    t.deepEqual(changes, { ...nothing, paid: [{ orderId: 'order-1', paymentId: 'first' }] });
  });

  test(`after the deadline ${name} cancels an order without a payment that fits`, (t) => {
    const { decided, changes } = decideAll(of('order-1', cause), [overdue], [payment('pay-1', { amount: 1 })]);
    const reason = cause.kind === 'expired' ? 'payment-window-expired' : cause.reason;
    t.deepEqual(decided, [{ order: { ...overdue, status: 'canceled', cancelReason: reason }, refund: null }]);
    t.deepEqual(changes, { ...nothing, canceled: [{ orderId: 'order-1', reason }] });
  });

  test(`${name} and the named payment accept the payment once`, (t) => {
    const { decided, changes } = decideAll(of('order-1', cause, paid()), [overdue], [payment()]);
    const settled = { order: { ...overdue, status: 'paid' as const, paymentId: 'pay-1' }, refund: null };
    t.deepEqual(decided, [settled, settled]);
    t.deepEqual(changes, { ...nothing, paid: [{ orderId: 'order-1', paymentId: 'pay-1' }] });
  });

  test(`${name} does not accept a payment that a cause before has refunded`, (t) => {
    const { decided, changes } = decideAll(of('order-1', cancel, paid(), cause), [overdue], [payment()]);
    t.deepEqual(decided.at(-1), { order: { ...canceledOrder, pastDeadline: true }, refund: null });
    t.deepEqual(changes.refunds, [{ orderId: 'order-1', paymentId: 'pay-1', reason: 'order-canceled' }]);
  });
}

test('a cancel by a person leaves the undecided payments undecided', (t) => {
  const { changes } = decideAll(of('order-1', cancel), [order('order-1', { pastDeadline: true })], [payment()]);
  t.deepEqual(changes, { ...nothing, canceled: [{ orderId: 'order-1', reason: 'customer-request' }] });
});

test('before the deadline the timer leaves the order and its payment as they are', (t) => {
  t.deepEqual(decideAll(of('order-1', expired), [order()], [payment()]), {
    decided: [{ order: order(), refund: null }],
    changes: nothing,
  });
});

test('an order that costs nothing is paid without a payment, and a payment for it goes back', (t) => {
  const free = order('order-1', { amount: 0 });
  const requests = of('order-1', { kind: 'nothing-to-pay' }, { kind: 'nothing-to-pay' }, cancel, paid());
  const { decided, changes } = decideAll(requests, [free], [payment('pay-1', { amount: 0 })]);
  const ended = { ...free, status: 'paid', paidReason: 'nothing-to-pay' };
  const refund = { paymentId: 'pay-1', reason: 'order-already-paid' } as const;
  t.deepEqual(decided as unknown[], [
    { order: ended, refund: null },
    { order: ended, refund: null },
    { order: ended, refund: null },
    { order: ended, refund },
  ]);
  t.deepEqual(changes, {
    ...nothing,
    free: [{ orderId: 'order-1', reason: 'nothing-to-pay' }],
    refunds: [{ orderId: 'order-1', ...refund }],
  });
});

test('an order that costs something is not paid by the cause that nothing is to pay', (t) => {
  const { decided, changes } = decideAll(of('order-1', { kind: 'nothing-to-pay' }), [order()], []);
  t.deepEqual([decided, changes], [[{ order: order(), refund: null }], nothing]);
});
