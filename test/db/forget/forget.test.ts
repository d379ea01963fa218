import test, { type ExecutionContext } from 'ava';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import { reserve } from '../../../src/db/checkouts/reservations.js';
import type { Pool } from '../../../src/db/driver/pool.js';
import { fanOut } from '../../../src/db/events/fan-out.js';
import { countOverwritten, forgetOrders } from '../../../src/db/forget/forget-orders.js';
import { pagesToForget } from '../../../src/db/forget/orders-to-forget.js';
import { overwritten } from '../../../src/db/forget/overwritten.js';
import { settleOrder } from '../../../src/db/orders/settlement.js';
import { createSettlements } from '../../../src/db/orders/settlements.js';
import { findPayment } from '../../../src/db/payments/payments.js';
import { markOrderRefunded } from '../../../src/db/refunds/refund-outcomes.js';
import { requestRefund } from '../../../src/db/refunds/request-refund.js';
import type { Customer } from '../../../src/domain/customer.js';
import { archiveAll, deliverEverything } from '../../helpers/archive.js';
import { checkoutRequest, openPool, placeOrder, product, rows, shopDatabase, stockOf } from '../../helpers/database.js';
import { addReceiver } from '../../helpers/endpoints.js';
import { deliverAll } from '../../helpers/events.js';
import { forget } from '../../helpers/forget.js';
import { liveLife, newMarker, personalRequest } from '../../helpers/personal.js';
import { askedRefund, paidOrder, refundOf } from '../../helpers/refunds.js';
import { changedColumns, columnsWith, wholeDatabase } from '../../helpers/whole-database.js';
import { paymentEvent } from '../payment-events.js';
import { watchedPool } from '../watched-pool.js';

const all = { ofArchive: 'all' } as const;

/** The columns that `orders forget` overwrites, of the tables that are archived in both places. */
const overwrittenColumns = overwritten.flatMap(({ name, isArchived, texts = [], nulls = [], set = {} }) =>
  [name, ...(isArchived ? [`archived_${name}`] : [])].flatMap((table) =>
    [...texts, ...nulls, ...Object.keys(set)].map((column) => `${table}.${column}`),
  ),
);
const documents = ['checkouts.adjustments', 'archived_checkouts.adjustments', 'events.data'];

async function shopWith(t: ExecutionContext) {
  const { pool, url } = await shopDatabase(t, [product({ stock: 1_000 })]);
  await addReceiver(pool, { url: 'http://127.0.0.1:9/' });
  return { pool, url };
}

/** The endpoint has answered with what it was sent, and has given up. */
async function failDeliveries(pool: Pool, marker: string): Promise<void> {
  while ((await fanOut(pool)) > 0);
  await pool.query(
    `UPDATE event_deliveries SET state = 'failed', last_failure = ?, ended_at = UTC_TIMESTAMP(3) WHERE state = 'waiting'`,
    [`answered 500: no such ${marker}`],
  );
}

/** A life in the archive, a life in the shop. */
async function twoLives(pool: Pool, userId: Customer, marker: string) {
  const archived = await liveLife(pool, userId, marker);
  await failDeliveries(pool, marker);
  await deliverEverything(pool);
  await archiveAll(pool);
  const here = await liveLife(pool, userId, marker);
  await failDeliveries(pool, marker);
  await deliverEverything(pool);
  const requests = [...archived.requests, ...here.requests];
  return { requests, orderIds: requests.map(({ orderId }) => orderId), traces: [...archived.traces, ...here.traces] };
}

const customers: readonly (readonly [as: string, userId: Customer])[] = [
  ['a number', 918_273_645_546_372],
  ['a text', `Jörg Müller <${newMarker()}@example.com>`],
  ['a guest', null],
];

for (const [as, userId] of customers) {
  test(`no table has a trace of a customer, ${as}, that is forgotten, and nothing else has changed`, async (t) => {
    const { pool } = await shopWith(t);
    const marker = newMarker();
    const other = await twoLives(pool, 'somebody-else', newMarker());
    const life = await twoLives(pool, userId, marker);
    const columns = [...overwrittenColumns, ...documents].filter(
      (name) => userId !== null || !/\.(user_id|customer)$/.test(name),
    );
    const before = await columnsWith(pool, life.traces);
    const wanted = userId === null ? [] : [typeof userId === 'number' ? 'user_id' : 'customer'];
    for (const column of columns.filter((name) => !/\.(user_id|customer)$/.test(name) || wanted.includes(name)))
      t.true(before.includes(column), `the test writes no trace to ${column}`);
    const othersBefore = await columnsWith(pool, other.traces);
    const whole = await wholeDatabase(pool);

    const whose = userId === null ? { orderIds: life.orderIds } : { customer: userId };
    const foreseen = new Map<string, number>();
    for await (const page of pagesToForget(pool, whose, 100))
      await countOverwritten(
        pool,
        page.map(({ orderId }) => orderId),
        foreseen,
      );
    t.deepEqual(changedColumns(whole, await wholeDatabase(pool)), [], 'a dry run changes nothing');
    const { forgotten, stay, counts } = await forget(pool, whose, 3);
    t.is(forgotten.length, 10, 'each life has four orders, and one that a late payment has bought');
    t.deepEqual(stay, []);
    t.deepEqual(Object.fromEntries(counts), Object.fromEntries(foreseen));

    t.deepEqual(await columnsWith(pool, life.traces), []);
    t.deepEqual(await columnsWith(pool, other.traces), othersBefore);
    const changed = changedColumns(whole, await wholeDatabase(pool));
    t.deepEqual(
      changed.filter((name) => !columns.includes(name)),
      ['forgotten_orders: 0 rows, and 10 now'],
    );
    t.deepEqual(await auditDatabase(pool, 0, all), []);

    const afterwards = await wholeDatabase(pool);
    const again = await forget(pool, { orderIds: life.orderIds });
    t.deepEqual(again.counts, new Map());
    t.deepEqual(
      changedColumns(afterwards, await wholeDatabase(pool)).filter((name) => !name.startsWith('forgotten_orders')),
      [],
    );
    if (userId !== null)
      t.deepEqual(await forget(pool, { customer: userId }), { counts: new Map(), forgotten: [], stay: [] });
  });

  test(`the Idempotency-Keys of a customer, ${as}, that is forgotten buy nothing and reveal nothing`, async (t) => {
    const { pool } = await shopWith(t);
    const life = await twoLives(pool, userId, newMarker());
    await forget(pool, { orderIds: life.orderIds });
    const stock = await stockOf(pool);
    const fresh = { orderId: checkoutRequest().orderId, reference: 'new' };
    const same = { ...checkoutRequest({ userId }), idempotencyKey: 'never used' };
    const asked = life.requests.map((request) => ({ ...request, ...fresh }));
    for (const request of asked) t.deepEqual(await reserve(pool, [request], 60_000), [{ kind: 'key-reused' }]);
    const quoted = asked.map((request) => ({ ...request, isQuoted: true }));
    t.deepEqual(
      await reserve(pool, quoted, 60_000),
      quoted.map(() => ({ kind: 'key-reused' })),
    );
    t.deepEqual(await stockOf(pool), stock);
    t.like(await reserve(pool, [...asked, same], 60_000), [
      ...asked.map(() => ({ kind: 'key-reused' })),
      { kind: 'reserved', replayed: false },
    ]);
    const anothers = { ...(asked[0] as (typeof asked)[number]), userId: 'another', orderId: checkoutRequest().orderId };
    t.like(await reserve(pool, [anothers], 60_000), [{ kind: 'reserved' }], 'a key is of its customer');
  });
}

test('an event of a forgotten order that is delivered later has the order without the customer', async (t) => {
  const { pool } = await shopDatabase(t, [product({ stock: 1_000 })]);
  const marker = newMarker();
  const life = await liveLife(pool, `${marker}-id`, marker);
  await deliverEverything(pool);
  await pool.query('UPDATE events SET delivered_at = NULL');
  const { stay } = await forget(pool, { customer: `${marker}-id` });
  t.deepEqual(stay, []);
  const delivered = await deliverAll(pool);
  t.false(life.traces.some((trace) => JSON.stringify(delivered).includes(trace)));
  const placed = delivered.find(({ type, subject }) => type === 'order.placed' && subject === life.orderIds[0]);
  t.like(placed?.data, { userId: null, amount: 1_650 });
});

test('money that comes for a forgotten order goes back, refunds are made, and a repeated one is refused', async (t) => {
  const { pool } = await shopWith(t);
  const marker = newMarker();
  const order = await paidOrder(pool, personalRequest('somebody', marker));
  const asked = askedRefund(order.orderId, { amount: 100, idempotencyKey: `${marker}-key`, reason: marker });
  const first = await requestRefund(pool, asked);
  if (first.kind === 'refund') await markOrderRefunded(pool, first.refund.refundId, 're_1');
  await deliverEverything(pool);
  await forget(pool, { customer: 'somebody' });
  t.deepEqual(await requestRefund(pool, asked), { kind: 'key-reused' });
  const { receive } = createSettlements(pool);
  const late = paymentEvent({ orderId: order.orderId, amount: order.amount });
  t.is((await receive(late)).as, 'stored');
  t.like(await findPayment(pool, late.paymentId), { status: 'refund_required', refundReason: 'order-already-paid' });
  t.is((await receive(late)).as, 'repeated');
  t.like(await requestRefund(pool, askedRefund(order.orderId, { all: true })), { kind: 'refund' });
  t.deepEqual(await columnsWith(pool, [marker, order.readToken]), []);
  t.is((await forget(pool, { orderIds: [order.orderId] })).stay[0], 'a payment is not finished');
  t.deepEqual(await auditDatabase(pool, 30, all), []);
});

test('the orders that are open, or have something left to do, stay whole, and the others are forgotten', async (t) => {
  const { pool } = await shopWith(t);
  const marker = newMarker();
  await liveLife(pool, marker, marker);
  const open = await placeOrder(pool, personalRequest(marker, marker));
  const owed = await paidOrder(pool, personalRequest(marker, marker));
  await deliverEverything(pool);
  await refundOf(pool, owed.orderId, { amount: 10 });
  const { forgotten, stay } = await forget(pool, { customer: marker }, 2);
  t.is(forgotten.length, 5);
  t.deepEqual(stay.toSorted(), ['a refund is not finished', 'it is open']);
  const left = await rows(pool, 'SELECT order_id AS id, metadata FROM checkouts WHERE customer = ? ORDER BY order_id', [
    marker,
  ]);
  t.deepEqual(
    left.map(({ id }) => id),
    [open.orderId, owed.orderId],
  );
  for (const { metadata } of left) t.true(String(metadata).includes(marker));
  await settleOrder(pool, open.orderId, { kind: 'cancel', reason: 'customer-request' });
  await deliverEverything(pool);
  t.deepEqual((await forget(pool, { customer: marker })).forgotten, [open.orderId]);
});

test('an order that is locked stays, and an order that moves between the shop and the archive is forgotten where it is', async (t) => {
  const { pool, url } = await shopWith(t);
  const marker = newMarker();
  const { orderIds } = await liveLife(pool, marker, marker);
  await deliverEverything(pool);
  const connection = await openPool(t, url, 1).getConnection();
  await connection.query('START TRANSACTION');
  await connection.query('SELECT 1 FROM orders WHERE order_id = ? FOR UPDATE', [orderIds[0]]);
  t.is((await forget(pool, { customer: marker })).forgotten.length, 4);
  await connection.query('ROLLBACK');
  connection.release();
  const moving = watchedPool(pool, {
    before: async (sql) => {
      if (sql.includes('FROM orders') && sql.includes('SKIP LOCKED')) await archiveAll(pool);
    },
  });
  t.deepEqual((await forget(moving, { customer: marker })).forgotten, [orderIds[0]]);
  t.deepEqual(await columnsWith(pool, [marker]), []);
  t.deepEqual(await auditDatabase(pool, 30, all), []);
});

test('an order is forgotten whole or not at all where the connection dies before any statement', async (t) => {
  const { pool } = await shopWith(t);
  const marker = newMarker();
  await liveLife(pool, marker, marker);
  await deliverEverything(pool);
  const whole = await wholeDatabase(pool);
  const ids = (await rows(pool, 'SELECT order_id AS id FROM checkouts')).map(({ id }) => String(id));
  for (let statement = 1, died = true; died; statement++) {
    died = false;
    let sent = 0;
    // The server rolls back a moment after the connection has died.
    await pool.query('SELECT 1 FROM orders WHERE order_id IN (?) FOR UPDATE', [ids]);
    const dying = watchedPool(pool, {
      before: (_, connection) => {
        if (++sent !== statement) return;
        died = true;
        connection.destroy();
        throw new Error('the process died here');
      },
    });
    const forgotten = await forgetOrders(dying, ids, new Map()).catch(() => []);
    if (died) {
      t.deepEqual(forgotten, []);
      t.deepEqual(changedColumns(whole, await wholeDatabase(pool)), []);
    } else t.true(forgotten.length === 5 && statement > 20, `${statement} statements`);
  }
  t.deepEqual(await columnsWith(pool, [marker]), []);
});
