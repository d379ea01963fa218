import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { findOrder } from '../../src/db/orders/orders.js';
import { requestRefund } from '../../src/db/refunds/request-refund.js';
import { serveOperators, serveShop } from '../helpers/app.js';
import { count, placeOrder, shopDatabase, stockOf } from '../helpers/database.js';
import { paidOrder } from '../helpers/refunds.js';
import { adminToken } from '../helpers/system.js';

/** `POST /orders/:orderId/refunds` of the operators' listener, over HTTP. */

async function backOffice(t: ExecutionContext) {
  const { pool } = await shopDatabase(t);
  const own = { findOrder: (orderId: string) => findOrder(pool, orderId) };
  const url = await serveOperators(t, { ...own, requestRefund: (asked) => requestRefund(pool, asked) });
  const shopUrl = await serveShop(t, own);
  const post = async (orderId: string, body: object, key: string | null = randomUUID(), base = url) => {
    const response = await fetch(`${base}/orders/${orderId}/refunds`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminToken}`, ...(key !== null && { 'idempotency-key': key }) },
      body: JSON.stringify(body),
    });
    const { headers, status } = response;
    return { status, replayed: headers.get('idempotent-replayed'), body: (await response.json()) as object };
  };
  return { pool, url, shopUrl, post };
}

const two = { lines: [{ sku: 'mug', quantity: 2 }] };

test('a refund is answered with its state, a repetition with the same refund, and the order shows it', async (t) => {
  const { pool, post, shopUrl } = await backOffice(t);
  const { orderId, paymentId, readToken } = await paidOrder(pool, two);
  const body = { lines: [{ sku: 'mug', quantity: 1 }], restock: true, reason: 'broken', by: 'ada' };
  const first = await post(orderId.toUpperCase(), body, 'one');
  t.like(first, { status: 201, replayed: null });
  t.like(first.body, { orderId, paymentId, amount: 1_250, currency: 'EUR', state: 'required', attempt: 0, ...body });
  t.deepEqual(await post(orderId, body, '"one"'), { ...first, replayed: 'true' });
  t.like(await post(orderId, { ...body, restock: false }, 'one'), {
    status: 422,
    body: { type: 'urn:order-bridge:problem:idempotency-key-reused' },
  });
  t.deepEqual(await stockOf(pool), { available: 9, reserved: 0, sold: 2 });
  const shown = await fetch(`${shopUrl}/orders/${orderId}`, { headers: { authorization: `Bearer ${readToken}` } });
  const { refund, refunds } = (await shown.json()) as { refund: string; refunds: object[] };
  const { refundId, at } = first.body as { refundId: string; at: string };
  const { lines } = body;
  t.deepEqual([refund, refunds], ['none', [{ refundId, amount: 1_250, state: 'required', lines, at }]]);
});

test('what cannot go back is refused with the numbers', async (t) => {
  const { pool, post } = await backOffice(t);
  const { orderId } = await paidOrder(pool, two);
  t.like(await post(orderId, { amount: 2_501 }), {
    status: 409,
    body: {
      type: 'urn:order-bridge:problem:refund-too-large',
      refund: { paid: 2_500, left: 2_500, requested: 2_501 },
    },
  });
  t.like(await post(orderId, { lines: [{ sku: 'mug', quantity: 3 }] }), {
    status: 409,
    body: {
      type: 'urn:order-bridge:problem:refund-too-many-units',
      lines: [{ sku: 'mug', requested: 3, left: 2 }],
    },
  });
  const lines = [...two.lines, { sku: 'lamp', quantity: 1 }];
  t.like(await post(orderId, { lines }), {
    status: 422,
    body: { errors: [{ field: 'lines[1].sku', pointer: '/lines/1/sku', detail: 'expected a SKU of the order' }] },
  });
  await post(orderId, { all: true });
  t.like(await post(orderId, { all: true }), {
    status: 409,
    body: { type: 'urn:order-bridge:problem:refund-of-nothing' },
  });
  t.is(await count(pool, 'order_refunds'), 1);
});

test('an order that is not paid is refused with its status, and an unknown order and the public listener with 404', async (t) => {
  const { pool, post, shopUrl } = await backOffice(t);
  const { orderId } = await placeOrder(pool);
  t.like(await post(orderId, { all: true }), {
    status: 409,
    body: { type: 'urn:order-bridge:problem:order-not-paid', orderStatus: 'placed' },
  });
  t.is((await post(randomUUID(), { all: true })).status, 404);
  t.is((await post('nobody', { all: true })).status, 404);
  t.is((await post(orderId, { all: true }, 'key', shopUrl)).status, 404);
  t.like(await post(orderId, { all: true }, null), {
    status: 400,
    body: { type: 'urn:order-bridge:problem:idempotency-key' },
  });
  t.is(await count(pool, 'order_refunds'), 0);
});
