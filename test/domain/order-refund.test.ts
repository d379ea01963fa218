import test from 'ava';
import { decideRefund, type Refundable } from '../../src/domain/order-refund.js';

const mug = { sku: 'mug', quantity: 3, unitPrice: 100, returned: 0 };
const lamp = { sku: 'lamp', quantity: 2, unitPrice: 1_000, returned: 0 };
/** Five hundred of the price were a discount. */
const order: Refundable = { paid: 1_800, refunded: 0, lines: [mug, lamp] };
const line = (sku: string, quantity: number) => ({ sku, quantity });
const none = { restock: false };

test('an amount goes back up to what is left of the payment', (t) => {
  const left = { ...order, refunded: 1_700 };
  t.deepEqual(decideRefund({ ...none, amount: 100 }, left), { kind: 'allowed', amount: 100, lines: [] });
  t.deepEqual(decideRefund({ ...none, amount: 101 }, left), {
    kind: 'too-much',
    paid: 1_800,
    left: 100,
    requested: 101,
  });
});

test('lines go back at the price of the order, or at the amount in its place', (t) => {
  const lines = [line('mug', 1), line('lamp', 1), line('mug', 1)];
  const merged = [line('mug', 2), line('lamp', 1)];
  t.deepEqual(decideRefund({ ...none, lines }, order), { kind: 'allowed', amount: 1_200, lines: merged });
  t.deepEqual(decideRefund({ ...none, lines, amount: 7 }, order), { kind: 'allowed', amount: 7, lines: merged });
  t.deepEqual(decideRefund({ restock: true, lines, amount: 0 }, order), { kind: 'allowed', amount: 0, lines: merged });
});

test('lines whose price is more than what is left are refused, and nothing is cut', (t) => {
  const lines = [line('lamp', 2)];
  t.deepEqual(decideRefund({ ...none, lines }, order), {
    kind: 'too-much',
    paid: 1_800,
    left: 1_800,
    requested: 2_000,
  });
});

test('no more units go back than are left of each line, and each such line is named', (t) => {
  const some = { ...order, lines: [{ ...mug, returned: 1 }, lamp] };
  t.is(decideRefund({ ...none, lines: [line('mug', 2)] }, some).kind, 'allowed');
  t.deepEqual(decideRefund({ ...none, lines: [line('mug', 3), line('lamp', 1)] }, some), {
    kind: 'too-many-units',
    lines: [{ sku: 'mug', requested: 3, left: 2 }],
  });
  t.deepEqual(decideRefund({ ...none, lines: [line('cup', 9), line('mug', 9)] }, some), {
    kind: 'unknown-sku',
    skus: ['cup'],
  });
});

test('all is what is left of the money and of the units', (t) => {
  t.deepEqual(decideRefund({ ...none, all: true }, order), {
    kind: 'allowed',
    amount: 1_800,
    lines: [line('mug', 3), line('lamp', 2)],
  });
  const some: Refundable = {
    paid: 1_800,
    refunded: 800,
    lines: [
      { ...mug, returned: 3 },
      { ...lamp, returned: 1 },
    ],
  };
  t.deepEqual(decideRefund({ ...none, all: true }, some), { kind: 'allowed', amount: 1_000, lines: [line('lamp', 1)] });
});

test('what would send back neither money nor units to the shelf is refused', (t) => {
  const back: Refundable = { paid: 1_800, refunded: 1_800, lines: [mug] };
  t.deepEqual(decideRefund({ ...none, all: true }, back), { kind: 'nothing-left' });
  t.is(decideRefund({ restock: true, all: true }, back).kind, 'allowed');
  const whole = { ...back, lines: [{ ...mug, returned: 3 }] };
  t.deepEqual(decideRefund({ restock: true, all: true }, whole), { kind: 'nothing-left' });
  t.deepEqual(decideRefund({ restock: true, amount: 0 }, order), { kind: 'nothing-left' });
});

test('lines of an order that cost nothing have no price', (t) => {
  const free: Refundable = { paid: 0, refunded: 0, lines: [mug] };
  const lines = [line('mug', 1)];
  t.deepEqual(decideRefund({ restock: true, lines }, free), { kind: 'allowed', amount: 0, lines });
  t.deepEqual(decideRefund({ ...none, lines }, free), { kind: 'nothing-left' });
  t.deepEqual(decideRefund({ ...none, lines, amount: 1 }, free), { kind: 'too-much', paid: 0, left: 0, requested: 1 });
});
