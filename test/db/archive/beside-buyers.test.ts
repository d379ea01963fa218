import test from 'ava';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import { reserve } from '../../../src/db/checkouts/reservations.js';
import type { Pool } from '../../../src/db/driver/pool.js';
import { findOrder, recordOrders } from '../../../src/db/orders/orders.js';
import { createSettlements, type Settlements } from '../../../src/db/orders/settlements.js';
import { markRefunded } from '../../../src/db/payments/refunds.js';
import { markOrderRefunded } from '../../../src/db/refunds/refund-outcomes.js';
import { requestRefund } from '../../../src/db/refunds/request-refund.js';
import type { CheckoutRequest } from '../../../src/domain/checkout.js';
import { isUnavailable } from '../../../src/domain/errors.js';
import type { PaymentEvent } from '../../../src/domain/payment.js';
import { archiveAll, deliverEverything } from '../../helpers/archive.js';
import { checkoutRequest, openPool, product, rows, shopDatabase } from '../../helpers/database.js';
import { drawer } from '../../helpers/random.js';
import { askedRefund } from '../../helpers/refunds.js';
import { seed } from '../../properties/replay.js';
import { paymentEvent } from '../payment-events.js';

const ORDERS = Number(process.env['ARCHIVE_ORDERS'] ?? 300);
const BUYERS = 6;

interface Bought {
  readonly request: CheckoutRequest;
  readonly event: PaymentEvent;
}

/** As every client of the shop does: what is answered 503 is sent again. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isUnavailable(error)) throw error;
    }
  }
}

/** What buyers, providers and operators do, at any time: with a new order, and again with an old one. */
function createBuyer(pool: Pool, { settle, receive }: Settlements, random: () => number) {
  const bought: Bought[] = [];
  const anyOld = (): Bought | undefined => bought[Math.floor(random() * bought.length)];

  async function buy(): Promise<void> {
    const request = checkoutRequest({ lines: [{ sku: random() < 0.5 ? 'mug' : 'lamp', quantity: 1 }] });
    const [result] = await patiently(() => reserve(pool, [request], 3_600_000));
    if (result?.kind !== 'reserved') throw new Error(`not reserved: ${JSON.stringify(result)}`);
    const { orderId, amount, currency } = result.checkout;
    const event = paymentEvent({ orderId, amount, currency });
    if (random() < 0.5) await patiently(() => recordOrders(pool, [orderId]));
    if (random() < 0.6) await patiently(() => receive(event));
    else await patiently(() => settle(orderId, { kind: 'cancel', reason: 'customer-request' }));
    bought.push({ request, event });
  }

  const again: readonly ((old: Bought) => Promise<unknown>)[] = [
    ({ event }) => receive(event),
    ({ event }) => receive(paymentEvent({ ...event, eventId: crypto.randomUUID(), paymentId: crypto.randomUUID() })),
    ({ request }) => recordOrders(pool, [request.orderId]),
    ({ request }) => settle(request.orderId, { kind: 'expired' }),
    async ({ request }) => {
      const [result] = await reserve(pool, [{ ...request, orderId: checkoutRequest().orderId }], 3_600_000);
      if (result?.kind !== 'reserved' || !result.replayed) throw new Error(`sold again: ${JSON.stringify(result)}`);
    },
    async ({ request }) => {
      if ((await findOrder(pool, request.orderId)) === undefined) throw new Error(`lost order ${request.orderId}`);
    },
    ({ request }) => requestRefund(pool, askedRefund(request.orderId, { amount: 1 })),
  ];

  return {
    bought,
    async act(): Promise<void> {
      await buy();
      const old = anyOld();
      const what = again[Math.floor(random() * again.length)];
      if (old !== undefined) await patiently(async () => await what?.(old));
    },
  };
}

/** The broker, Temporal and the provider do what is due. */
async function finish(pool: Pool): Promise<void> {
  for (const { id } of await rows(pool, "SELECT payment_id AS id FROM payments WHERE status = 'refund_required'"))
    await markRefunded(pool, String(id), `re_${id}`);
  for (const { id } of await rows(pool, "SELECT refund_id AS id FROM order_refunds WHERE state = 'required'"))
    await markOrderRefunded(pool, String(id), `re_${id}`);
  // Last: a refund has an event, and an order stays in the shop until its events are delivered.
  await deliverEverything(pool);
}

test('the archive runs while buyers buy, pay, cancel and come back: nothing is lost, and nothing is twice', async (t) => {
  const { pool, url } = await shopDatabase(t, [product({ stock: 10_000 }), product({ sku: 'lamp', stock: 10_000 })]);
  // What each buyer chooses. When the statements of the buyers meet is left to the server.
  t.log(`PROPERTY_SEED=${seed}`);
  const archivers = [openPool(t, url, 3), openPool(t, url, 3)];
  const settlements = createSettlements(pool);
  const buyers = Array.from({ length: BUYERS }, (_, buyer) =>
    createBuyer(pool, settlements, drawer(`${seed} ${buyer}`)),
  );
  let open = true;
  let archived = 0;
  const audits: unknown[] = [];
  const archiving = archivers.map(async (archiver, index) => {
    while (open) {
      await patiently(() => finish(archiver));
      archived += (await patiently(() => archiveAll(archiver, 20 + index))).length;
      if (index === 0) audits.push(...(await auditDatabase(archiver, 60, { ofArchive: 'all' })));
    }
  });
  const buying = buyers.map(async ({ act }) => {
    for (let order = 0; order < ORDERS / BUYERS; order++) await act();
  });
  const bought = await Promise.allSettled(buying);
  open = false;
  await Promise.all(archiving);
  t.deepEqual(
    bought.flatMap((buyer) => (buyer.status === 'rejected' ? [buyer.reason] : [])),
    [],
  );
  t.deepEqual(audits, []);
  t.true(archived > 0);

  // What came last is finished now.
  await finish(pool);
  await archiveAll(pool);
  const ids = buyers.flatMap(({ bought }) => bought.map(({ request }) => request.orderId));
  const kept = await rows(
    pool,
    'SELECT order_id AS id FROM checkouts UNION ALL SELECT order_id FROM archived_checkouts ORDER BY id',
  );
  t.deepEqual(
    kept.map(({ id }) => id),
    ids.toSorted(),
    'each order is in one place',
  );
  t.deepEqual(await auditDatabase(pool, 0, { ofArchive: 'all' }), []);
  const [totals] = await rows(pool, 'SELECT SUM(sold) AS sold FROM archived_units');
  const [stock] = await rows(pool, 'SELECT SUM(sold) AS sold, SUM(reserved) AS reserved FROM products');
  t.deepEqual({ ...totals, reserved: '0' }, stock);
});
