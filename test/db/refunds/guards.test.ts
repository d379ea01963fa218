import test from 'ava';
import { inTransaction } from '../../../src/db/driver/transaction.js';
import { insertRefund } from '../../../src/db/refunds/refund-rows.js';
import { takeMoney, takeUnits } from '../../../src/db/refunds/refundable.js';
import { placeOrder, rows, shopDatabase } from '../../helpers/database.js';
import { paidOrder, refundOf } from '../../helpers/refunds.js';
import { owe } from '../payment-events.js';

/** Each guard of refunds alone, with the guards before it switched off. */

test('no more money is taken than was paid, whatever the caller', async (t) => {
  const { pool } = await shopDatabase(t);
  const { paymentId } = await paidOrder(pool);
  const take = (amount: number) => inTransaction(pool, (transaction) => takeMoney(transaction, paymentId, amount));
  await take(1_000);
  await t.throwsAsync(take(251), { message: `payment ${paymentId} has no 251 left to refund` });
  await take(250);
  t.deepEqual(await rows(pool, 'SELECT returned_amount AS taken FROM payments'), [{ taken: 1_250 }]);
});

test('no money is taken of a payment that goes back whole', async (t) => {
  const { pool } = await shopDatabase(t);
  const paymentId = await owe(pool);
  const taken = inTransaction(pool, (transaction) => takeMoney(transaction, paymentId, 1));
  await t.throwsAsync(taken, { message: /has no 1 left to refund/ });
});

test('no more units are taken than were bought, whatever the caller', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await paidOrder(pool, { lines: [{ sku: 'mug', quantity: 2 }] });
  const take = (quantity: number, sku = 'mug') =>
    inTransaction(pool, (transaction) => takeUnits(transaction, orderId, [{ sku, quantity }]));
  await take(1);
  await t.throwsAsync(take(2), { message: /has fewer units left/ });
  await t.throwsAsync(take(1, 'lamp'), { message: /has fewer units left/ });
  t.deepEqual(await rows(pool, 'SELECT returned FROM order_items'), [{ returned: 1 }]);
});

test('a second refund under one key is refused by its unique key', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId, paymentId } = await paidOrder(pool);
  const idempotencyKey = 'the-key';
  const refund = await refundOf(pool, orderId, { amount: 1, idempotencyKey });
  const again = inTransaction(pool, (transaction) =>
    insertRefund(transaction, {
      ...refund,
      refundId: 'another',
      paymentId,
      idempotencyKey,
      fingerprint: Buffer.alloc(32),
    }),
  );
  await t.throwsAsync(again, { code: 'ER_DUP_ENTRY' });
});

test('the database refuses money without a payment, and an outcome that contradicts the state', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await paidOrder(pool);
  await placeOrder(pool);
  await refundOf(pool, orderId, { amount: 1 });
  for (const change of [
    'amount = 0',
    'payment_id = NULL',
    "state = 'refunded'",
    "state = 'returned'",
    "state = 'failed'",
    "provider_refund_id = 're_1'",
    'amount = -1',
  ]) {
    await t.throwsAsync(pool.query(`UPDATE order_refunds SET ${change}`), { message: /CONSTRAINT|constraint/ }, change);
  }
});
