import test, { type ExecutionContext } from 'ava';
import { auditDatabase } from '../../src/db/audit/audit.js';
import { reserve } from '../../src/db/checkouts/reservations.js';
import { recordOrders } from '../../src/db/orders/orders.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import type { Checkout } from '../../src/domain/checkout.js';
import type { SettlementCause } from '../../src/domain/settlement.js';
import { checkoutRequest, openPool, product, rows, shopDatabase, stockOf } from '../helpers/database.js';
import { payFor } from './payment-events.js';

/** A shop with this many placed orders, and a pool for each process that ends them. */
async function shopWithOrders(t: ExecutionContext, howMany: number, windowMs = 60_000) {
  const { pool, url } = await shopDatabase(t, [product({ stock: howMany })]);
  const requests = Array.from({ length: howMany }, () => checkoutRequest());
  const placed = (await reserve(pool, requests, windowMs)).map((result): Checkout => {
    if (result.kind !== 'reserved') throw new Error(result.kind);
    return result.checkout;
  });
  // The first half is recorded, as by their workflows. The settlement records the others.
  await recordOrders(
    pool,
    placed.slice(howMany / 2).map(({ orderId }) => orderId),
  );
  return { pool, placed, payers: openPool(t, url, 8), cancelers: openPool(t, url, 8) };
}

const inTurn = <T>(index: number, pair: readonly [() => Promise<T>, () => Promise<T>]): Promise<T[]> =>
  Promise.all((index % 2 ? pair : [pair[1], pair[0]]).map((run) => run()));

test('an order that is paid and canceled at once ends exactly once, two hundred times', async (t) => {
  const { pool, placed, payers, cancelers } = await shopWithOrders(t, 200);
  const paymentIds = await Promise.all(placed.map((checkout) => payFor(pool, checkout)));
  await Promise.all(
    placed.map(({ orderId }, index) =>
      inTurn(index, [
        () => settleOrder(payers, orderId, { kind: 'payment', paymentId: paymentIds[index] ?? '' }),
        () => settleOrder(cancelers, orderId, { kind: 'cancel', reason: 'customer-request' }),
      ]),
    ),
  );
  const ends = await rows(
    pool,
    `SELECT o.status, m.kind, p.status AS payment, p.refund_reason AS reason, COUNT(*) AS n
     FROM orders o JOIN stock_movements m USING (order_id) JOIN payments p USING (order_id)
     GROUP BY 1, 2, 3, 4 ORDER BY 1`,
  );
  const [paid, canceled] = ends.map(({ n }) => Number(n));
  t.deepEqual(ends, [
    { status: 'paid', kind: 'sold', payment: 'accepted', reason: null, n: paid },
    { status: 'canceled', kind: 'released', payment: 'refund_required', reason: 'order-canceled', n: canceled },
  ]);
  t.is((paid ?? 0) + (canceled ?? 0), 200);
  t.deepEqual(await stockOf(pool), { available: canceled, reserved: 0, sold: paid });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('one of two concurrent payments pays and the other is to be refunded, fifty times', async (t) => {
  const { pool, placed, payers, cancelers } = await shopWithOrders(t, 50);
  const pay = async (checkout: Checkout, from: typeof pool) => {
    const paymentId = await payFor(from, checkout);
    return await settleOrder(from, checkout.orderId, { kind: 'payment', paymentId });
  };
  await Promise.all(
    placed.map((checkout, index) => inTurn(index, [() => pay(checkout, payers), () => pay(checkout, cancelers)])),
  );
  t.deepEqual(
    await rows(pool, 'SELECT status, refund_reason AS reason, COUNT(*) AS n FROM payments GROUP BY 1, 2 ORDER BY 1'),
    [
      { status: 'accepted', reason: null, n: 50 },
      { status: 'refund_required', reason: 'order-already-paid', n: 50 },
    ],
  );
  t.deepEqual(await stockOf(pool), { available: 0, reserved: 0, sold: 50 });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('ten cancels of an order at once release its stock once', async (t) => {
  const { pool, placed, payers, cancelers } = await shopWithOrders(t, 20, -1);
  const causes: readonly SettlementCause[] = [
    { kind: 'expired' },
    { kind: 'cancel', reason: 'customer-request' },
    { kind: 'cancel', reason: 'legacy-timeout' },
    { kind: 'cancel', reason: 'operator-request' },
    { kind: 'expired' },
  ];
  const answers = await Promise.all(
    placed.map(({ orderId }) =>
      Promise.all([payers, cancelers].flatMap((from) => causes.map((cause) => settleOrder(from, orderId, cause)))),
    ),
  );
  for (const ofOne of answers) t.is(new Set(ofOne.map(({ order }) => order.cancelReason)).size, 1);
  t.deepEqual(await stockOf(pool), { available: 20, reserved: 0, sold: 0 });
  t.deepEqual(await auditDatabase(pool, 0), []);
});
