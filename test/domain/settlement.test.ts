import { testProp } from '@fast-check/ava';
import test from 'ava';
import fc from 'fast-check';
import type { OrderStatus } from '../../src/domain/order.js';
import {
  type Decision,
  decide,
  endsWindow,
  type PaymentStatus,
  type SettleableOrder,
  type SettleablePayment,
  type SettlementCause,
} from '../../src/domain/settlement.js';

const order = (overrides: Partial<SettleableOrder> = {}): SettleableOrder => ({
  orderId: 'order-1',
  status: 'placed',
  amount: 1250,
  currency: 'EUR',
  pastDeadline: false,
  ...overrides,
});
const payment = (overrides: Partial<SettleablePayment> = {}): SettleablePayment => ({
  paymentId: 'pay-1',
  orderId: 'order-1',
  amount: 1250,
  currency: 'EUR',
  status: 'received',
  ...overrides,
});
const paid: SettlementCause = { kind: 'payment', paymentId: 'pay-1' };
const pay: Decision = { kind: 'pay', paymentId: 'pay-1' };
const leave: Decision = { kind: 'leave' };
const refund = (reason: 'order-canceled' | 'order-already-paid' | 'amount-mismatch'): Decision => ({
  kind: 'refund',
  paymentId: 'pay-1',
  reason,
});

const statuses: readonly OrderStatus[] = ['placed', 'paid', 'canceled'];
const moneys = [
  { name: 'the right amount', money: {}, fits: true },
  { name: 'too little', money: { amount: 1249 }, fits: false },
  { name: 'too much', money: { amount: 1251 }, fits: false },
  { name: 'another currency', money: { currency: 'USD' }, fits: false },
] as const;

function expectedFor(status: OrderStatus, fits: boolean): Decision {
  if (status === 'canceled') return refund('order-canceled');
  if (status === 'paid') return refund('order-already-paid');
  return fits ? pay : refund('amount-mismatch');
}

for (const pastDeadline of [false, true]) {
  const when = pastDeadline ? 'after the deadline' : 'before the deadline';
  for (const status of statuses) {
    const given = order({ status, pastDeadline });

    for (const { name, money, fits } of moneys) {
      const expected = expectedFor(status, fits);
      const effect = expected.kind === 'pay' ? 'is accepted' : 'goes back';
      test(`a payment of ${name} for a ${status} order ${effect} ${when}`, (t) => {
        t.deepEqual(decide(given, paid, payment(money)), expected);
      });
    }

    test(`a decided payment does not change a ${status} order ${when}`, (t) => {
      for (const decided of [
        'accepted',
        'refund_required',
        'refunded',
        'unplaced',
        'refund_failed',
        'closed',
      ] satisfies PaymentStatus[]) {
        for (const { money } of moneys) t.deepEqual(decide(given, paid, payment({ ...money, status: decided })), leave);
      }
    });

    test(`a payment that is not stored does not change a ${status} order ${when}`, (t) => {
      t.deepEqual(decide(given, paid, undefined), leave);
    });

    test(`a payment of another order does not change a ${status} order ${when}`, (t) => {
      t.deepEqual(decide(given, paid, payment({ orderId: 'order-2' })), leave);
    });

    const isOverdue = status === 'placed' && pastDeadline;
    test(`the timer ${isOverdue ? 'cancels' : 'does not change'} a ${status} order ${when}`, (t) => {
      const expected = isOverdue ? { kind: 'cancel', reason: 'payment-window-expired' } : leave;
      t.deepEqual(decide(given, { kind: 'expired' }, undefined), expected);
    });

    const cancels = isOverdue ? 'every cancel' : status === 'placed' ? 'every cancel but a legacy cancel' : 'no cancel';
    test(`${cancels} ends a ${status} order ${when}`, (t) => {
      for (const reason of ['customer-request', 'legacy-timeout', 'operator-request'] as const) {
        const ends = status === 'placed' && (reason !== 'legacy-timeout' || pastDeadline);
        t.deepEqual(decide(given, { kind: 'cancel', reason }, undefined), ends ? { kind: 'cancel', reason } : leave);
      }
    });
  }

  for (const cause of [{ kind: 'expired' }, { kind: 'cancel', reason: 'legacy-timeout' }] as const) {
    const over = pastDeadline;
    const title = `${cause.kind === 'expired' ? 'the timer' : 'a legacy cancel'} ${when}`;
    const effect = over ? 'accepts a stored payment that fits, and no other payment' : 'accepts no stored payment';
    test(`${title} ${effect}`, (t) => {
      const reason = cause.kind === 'expired' ? 'payment-window-expired' : cause.reason;
      const canceled: Decision = over ? { kind: 'cancel', reason } : leave;
      t.deepEqual(decide(order({ pastDeadline }), cause, payment()), over ? pay : leave);
      for (const useless of [
        { amount: 1 },
        { currency: 'USD' },
        { orderId: 'order-2' },
        { status: 'refunded' },
      ] as const) {
        t.deepEqual(decide(order({ pastDeadline }), cause, payment(useless)), canceled);
      }
    });
    test(`${title} changes no order that has ended, whatever payment is stored`, (t) => {
      for (const status of ['paid', 'canceled'] as const) {
        t.deepEqual(decide(order({ pastDeadline, status }), cause, payment()), leave);
      }
    });
  }

  test(`a stored payment does not undo a cancel that a person requested ${when}`, (t) => {
    for (const reason of ['customer-request', 'operator-request'] as const) {
      t.deepEqual(decide(order({ pastDeadline }), { kind: 'cancel', reason }, payment()), { kind: 'cancel', reason });
    }
  });
}

test('the end of the window waits for the close of payments, and a payment or a cancel does not', (t) => {
  const closing = order({ pastDeadline: true, closesPayments: true });
  const ends: readonly SettlementCause[] = [{ kind: 'expired' }, { kind: 'cancel', reason: 'legacy-timeout' }];
  for (const cause of ends) {
    t.deepEqual(decide(closing, cause, undefined), leave);
    t.deepEqual(decide(closing, cause, payment({ amount: 1 })), leave);
    t.deepEqual(decide(closing, cause, payment()), pay);
    t.is(decide({ ...closing, closesPayments: false }, cause, undefined).kind, 'cancel');
  }
  t.deepEqual(decide(closing, paid, payment()), pay);
  t.is(decide(closing, { kind: 'cancel', reason: 'customer-request' }, undefined).kind, 'cancel');
});

test('the timer and the legacy queue end the window, and no other cause does', (t) => {
  t.true(endsWindow({ kind: 'expired' }));
  t.true(endsWindow({ kind: 'cancel', reason: 'legacy-timeout' }));
  t.false(endsWindow({ kind: 'cancel', reason: 'customer-request' }));
  t.false(endsWindow(paid));
});

test('an unknown cause throws, and is not ignored', (t) => {
  t.throws(() => decide(order(), { kind: 'weather' } as unknown as SettlementCause, undefined), {
    message: /unexpected cause.*weather/,
  });
});

const paymentIds = ['pay-1', 'pay-2', 'pay-3'] as const;
const step = fc.record({
  pastDeadline: fc.boolean(),
  cause: fc.oneof(
    fc.record({ kind: fc.constant('payment' as const), paymentId: fc.constantFrom(...paymentIds) }),
    fc.constant({ kind: 'expired' as const }),
    fc.constant({ kind: 'cancel' as const, reason: 'customer-request' as const }),
  ),
});
const amounts = fc.tuple(...paymentIds.map(() => fc.constantFrom(1250, 1250, 1)));

/** Applies each decision as the store does, in memory. */
function play(steps: readonly { pastDeadline: boolean; cause: SettlementCause }[], paidIn: readonly number[]) {
  let status: OrderStatus = 'placed';
  const decisions: Decision[] = [];
  const payments = new Map<string, SettleablePayment>(
    paymentIds.map((paymentId, index) => [paymentId, payment({ paymentId, amount: paidIn[index] ?? 0 })]),
  );
  const decided = (paymentId: string, to: PaymentStatus) =>
    payments.set(paymentId, { ...payment(), ...payments.get(paymentId), status: to });
  for (const { pastDeadline, cause } of steps) {
    const money = cause.kind === 'payment' ? payments.get(cause.paymentId) : undefined;
    const decision = decide(order({ status, pastDeadline }), cause, money);
    decisions.push(decision);
    if (decision.kind === 'pay') {
      status = 'paid';
      decided(decision.paymentId, 'accepted');
    } else if (decision.kind === 'cancel') status = 'canceled';
    else if (decision.kind === 'refund') decided(decision.paymentId, 'refund_required');
  }
  return { decisions, payments };
}

testProp('an order ends at most once, for any causes in any order', [fc.array(step), amounts], (t, steps, paidIn) => {
  const { decisions } = play(steps, paidIn);
  t.true(decisions.filter(({ kind }) => kind === 'pay' || kind === 'cancel').length <= 1);
});

testProp('each reported payment is accepted or refunded, once', [fc.array(step), amounts], (t, steps, paidIn) => {
  const { decisions, payments } = play(steps, paidIn);
  const reported = new Set<string>(steps.flatMap(({ cause }) => (cause.kind === 'payment' ? [cause.paymentId] : [])));
  for (const [paymentId, { status }] of payments) {
    const about = decisions.filter((decision) => 'paymentId' in decision && decision.paymentId === paymentId);
    t.is(about.length, reported.has(paymentId) ? 1 : 0);
    const expected =
      about[0]?.kind === 'pay' ? 'accepted' : about[0]?.kind === 'refund' ? 'refund_required' : 'received';
    t.is(status, expected);
  }
});
