import test from 'ava';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import { reserve } from '../../../src/db/checkouts/reservations.js';
import type { Pool } from '../../../src/db/driver/pool.js';
import { createSettlements } from '../../../src/db/orders/settlements.js';
import { checkoutRequest, openPool, product, rows, shopDatabase, stockOf } from '../../helpers/database.js';
import { deliverAll } from '../../helpers/events.js';
import { expiredOrder, lateSales, successors } from '../../helpers/late-sales.js';
import { paymentEvent } from '../payment-events.js';

/** Late payments at once, by the connections of several processes. */

/** A payment whose order or stock stayed locked for too long is undecided, and the bridge's sweep settles it. */
async function settleLeft(pool: Pool): Promise<void> {
  const { settle } = createSettlements(pool, { lateSales });
  const left = await rows(
    pool,
    "SELECT payment_id AS paymentId, order_id AS orderId FROM payments WHERE status = 'received'",
  );
  for (const { paymentId, orderId } of left as { paymentId: string; orderId: string }[]) {
    await settle(orderId, { kind: 'payment', paymentId });
  }
}

test('late payments and checkouts at once sell no unit twice, and all money is accepted or goes back', async (t) => {
  const skus = ['cup', 'mug', 'pot'];
  const { pool, url } = await shopDatabase(
    t,
    skus.map((sku) => product({ sku, stock: 60 })),
  );
  const late = [];
  for (let turn = 0; turn < 60; turn++) {
    const lines = [skus[turn % 3], skus[(turn + 1) % 3]].map((sku) => ({ sku: String(sku), quantity: 1 + (turn % 2) }));
    late.push(await expiredOrder(pool, { lines }));
  }
  const processes = [0, 1, 2].map(() => createSettlements(openPool(t, url), { lateSales }));
  const buyers = openPool(t, url);
  await Promise.all([
    ...late.map((order, turn) => processes[turn % 3]?.receive(paymentEvent({ ...order }))),
    ...Array.from({ length: 30 }, (_, turn) =>
      reserve(buyers, [checkoutRequest({ lines: [{ sku: String(skus[turn % 3]), quantity: 3 }] })], 60_000),
    ),
  ]);
  await settleLeft(pool);
  for (const sku of skus) t.true((await stockOf(pool, sku)).available >= 0);
  const payments = await rows(pool, 'SELECT status, COUNT(*) AS n FROM payments GROUP BY status ORDER BY status');
  t.log(payments);
  t.deepEqual(
    payments.map(({ status }) => status),
    ['accepted', 'refund_required'],
  );
  t.is((await successors(pool)).length, Number(payments[0]?.['n']));
  t.deepEqual(await auditDatabase(pool, 60), []);
});

test('two late payments of one order, by two processes at once, sell once, fifty times', async (t) => {
  const { pool, url } = await shopDatabase(t, [product({ stock: 200 })]);
  const processes = [0, 1].map(() => createSettlements(openPool(t, url), { lateSales }));
  for (let turn = 0; turn < 50; turn++) {
    const order = await expiredOrder(pool);
    await Promise.all(processes.map(({ receive }) => receive(paymentEvent({ ...order }))));
  }
  await settleLeft(pool);
  t.is((await successors(pool)).length, 50);
  t.deepEqual(await stockOf(pool), { available: 150, reserved: 0, sold: 50 });
  t.is((await deliverAll(pool)).filter(({ type }) => type === 'refund.required').length, 50);
  t.deepEqual(await auditDatabase(pool, 60), []);
});
