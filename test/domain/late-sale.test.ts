import test from 'ava';
import { chooseLateSales, mayBuy } from '../../src/domain/late-sale.js';
import type { CancelReason } from '../../src/domain/order.js';

const order = (overrides: object = {}) => ({
  orderId: 'order-1',
  status: 'canceled' as const,
  amount: 1_250,
  currency: 'EUR',
  pastDeadline: true,
  cancelReason: 'payment-window-expired' as CancelReason | null,
  ...overrides,
});
const payment = (overrides: object = {}) => ({
  paymentId: 'pay-1',
  orderId: 'order-1',
  amount: 1_250,
  currency: 'EUR',
  status: 'received' as const,
  ...overrides,
});
const refund = { orderId: 'order-1', paymentId: 'pay-1' };
const buyers = (one: object, other: object = {}) =>
  mayBuy([refund], { orders: [order(one)], payments: [payment(other)] });

test('a payment may buy for an order that its window canceled, at exactly its price', (t) => {
  t.deepEqual(buyers({}), [refund]);
  t.deepEqual(buyers({ cancelReason: 'legacy-timeout' }), [refund]);
  t.deepEqual(buyers({ status: 'paid', cancelReason: null }), []);
  for (const cancelReason of ['customer-request', 'operator-request', 'stock-missing', null]) {
    t.deepEqual(buyers({ cancelReason }), [], String(cancelReason));
  }
  t.deepEqual(buyers({}, { amount: 1_249 }), []);
  t.deepEqual(buyers({}, { currency: 'USD' }), []);
  t.deepEqual(mayBuy([refund], { orders: [order()], payments: [] }), []);
  t.deepEqual(mayBuy([refund], { orders: [], payments: [payment()] }), []);
});

test('the first of several payments of an order may buy', (t) => {
  const payments = [payment(), payment({ paymentId: 'pay-2' }), payment({ paymentId: 'pay-3', orderId: 'order-2' })];
  const orders = [order(), order({ orderId: 'order-2' })];
  const refunds = payments.map(({ orderId, paymentId }) => ({ orderId, paymentId }));
  t.deepEqual(mayBuy(refunds, { orders, payments }), [refunds[0], refunds[2]]);
});

test('each gets all or nothing, in sequence, and a SKU that is not there has nothing', (t) => {
  const wants = (name: string, units: Record<string, number>) => ({ name, units: new Map(Object.entries(units)) });
  const wanted = [
    wants('both', { mug: 2, lamp: 1 }),
    wants('too many', { mug: 2 }),
    wants('the last', { mug: 1 }),
    wants('no such product', { pot: 1 }),
    wants('no lines', {}),
  ];
  const { sold, taken } = chooseLateSales(wanted, new Map(Object.entries({ mug: 3, lamp: 1 })));
  t.deepEqual(
    sold.map(({ name }) => name),
    ['both', 'the last'],
  );
  t.deepEqual(Object.fromEntries(taken), { mug: 3, lamp: 1 });
});
