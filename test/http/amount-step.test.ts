import { randomUUID } from 'node:crypto';
import test from 'ava';
import { createCheckouts } from '../../src/db/grouped-writes.js';
import { findOrder } from '../../src/db/orders/orders.js';
import { NO_LIMITS } from '../../src/domain/hoarding.js';
import { amountStepOf } from '../../src/payments/providers.js';
import { serveShop } from '../helpers/app.js';
import { count, product, shopDatabase, stockOf, WINDOW_MS } from '../helpers/database.js';

/** Totals that a configured payment provider cannot charge. */

test('a total that Stripe does not accept is refused at the checkout, and reserves no stock', async (t) => {
  const { pool } = await shopDatabase(t, [product({ unitPrice: 5124, currency: 'KWD' })]);
  const shopWith = (stripe: string[] | undefined) => {
    const limits = { ...NO_LIMITS, amountStep: amountStepOf({ STRIPE_WEBHOOK_SECRET: stripe }) };
    const { checkout } = createCheckouts(pool, { windowMs: WINDOW_MS, waiting: 10, limits });
    return serveShop(t, { checkout, findOrder: (orderId) => findOrder(pool, orderId) });
  };
  const buy = async (url: string, quantity: number) => {
    const response = await fetch(`${url}/checkout`, {
      method: 'POST',
      headers: { 'idempotency-key': randomUUID() },
      body: JSON.stringify({ userId: 7, items: [{ sku: 'mug', quantity }] }),
    });
    return {
      status: response.status,
      body: (await response.json()) as { errors?: { field: string; detail: string }[] },
    };
  };
  const withStripe = await shopWith(['whsec_1']);
  const { status, body } = await buy(withStripe, 1);
  t.is(status, 422);
  t.is(body.errors?.[0]?.field, 'items');
  t.regex(body.errors?.[0]?.detail ?? '', /a multiple of 10 minor units of KWD/);
  t.is(await count(pool, 'checkouts'), 0);
  t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 0 });
  t.is((await buy(withStripe, 5)).status, 201, '25,620');
  t.is((await buy(await shopWith(undefined), 1)).status, 201, 'the first provider takes each amount');
});
