import test, { type ExecutionContext } from 'ava';
import { auditCommand } from '../../src/cli/audit-command.js';
import { repair } from '../../src/cli/repair.js';
import { createPool } from '../../src/db/driver/pool.js';
import { recordOrders } from '../../src/db/orders/orders.js';
import { storeEvent } from '../../src/db/payments/payments.js';
import { PAYMENT_RECEIVED } from '../../workflows/contract.js';
import { payFor, paymentEvent } from '../db/payment-events.js';
import { placeOrder, product, rows, shopDatabase } from '../helpers/database.js';
import { createDatabase } from '../helpers/servers.js';
import { inputOf, startClient } from '../helpers/temporal.js';

/** `orders audit --repair` where a repair fails. No order here was published, so the audit does not need the broker. */

const elsewhere = { AMQP_URL: 'amqp://127.0.0.1:1/', TEMPORAL_ADDRESS: '127.0.0.1:1' };

/** Two orders past their deadline, the first of them with its stock moved by hand, and a refund that is owed. */
async function damagedShop(t: ExecutionContext) {
  const { pool, url } = await shopDatabase(t, [product(), product({ sku: 'lamp' })]);
  const spoiled = await placeOrder(pool, { lines: [{ sku: 'lamp', quantity: 2 }], windowMs: -60_000 });
  const late = await placeOrder(pool, { windowMs: -60_000 });
  await pool.query('UPDATE checkouts SET created_at = created_at - INTERVAL 1 MINUTE');
  await recordOrders(pool, [spoiled.orderId]);
  await pool.query("INSERT INTO stock_movements VALUES (?, 'released', UTC_TIMESTAMP(3))", [spoiled.orderId]);
  const { paymentId, ...event } = paymentEvent({ orderId: 'nobody' });
  await storeEvent(pool, { ...event, paymentId }, 'refund');
  await pool.query('UPDATE payments SET decided_at = decided_at - INTERVAL 1 MINUTE');
  const repaired = async (json: boolean) => {
    const [lines, noted] = [[] as string[], [] as string[]];
    const holds = await auditCommand(
      { ...elsewhere, MYSQL_URL: url },
      { repair: true, json, say: (line) => void lines.push(line), toStderr: (line) => void noted.push(line) },
    );
    return { holds, lines, noted };
  };
  return { pool, spoiled, late, paymentId, repaired };
}

test('a failed repair is named and does not stop the other repairs, and the audit is reported too', async (t) => {
  const { pool, spoiled, late, paymentId, repaired } = await damagedShop(t);
  const { holds, lines } = await repaired(false);
  const at = (pattern: RegExp): number => {
    const index = lines.findIndex((line) => pattern.test(line));
    t.not(index, -1, `${pattern} in\n${lines.join('\n')}`);
    return index;
  };

  t.deepEqual(await rows(pool, 'SELECT order_id AS id, status FROM orders ORDER BY order_id'), [
    { id: spoiled.orderId, status: 'placed' },
    { id: late.orderId, status: 'canceled' },
  ]);
  const settled = at(new RegExp(`order ${late.orderId}: past its deadline, now canceled`));
  at(new RegExp(`not repaired: order ${spoiled.orderId}: .*Duplicate entry`));
  const away = at(new RegExp(`not repaired: payment ${paymentId}: Temporal is not available`));
  t.true(settled < away, 'Temporal is asked last');
  t.true(at(/^Audited 2 SKUs/) > away);
  at(new RegExp(`order ${spoiled.orderId}.*: neither paid nor canceled, and still holds stock`));
  t.false(holds, 'the audit decides');
});

test("a payment that a repair decides is reported to the order's workflow", async (t) => {
  const { pool } = await shopDatabase(t);
  const order = await placeOrder(pool);
  const { client, workflows, taskQueue, signalsOf } = startClient(t);
  await workflows.startOrder(inputOf(order));
  const paymentId = await payFor(pool, order);
  await pool.query('UPDATE payments SET received_at = received_at - INTERVAL 1 MINUTE');
  const lines: string[] = [];
  await repair({ pool, temporal: client, taskQueue, say: (line) => void lines.push(line) });
  t.deepEqual(lines, [`payment ${paymentId}: decided, order ${order.orderId} is paid`]);
  t.deepEqual(await signalsOf(order), [PAYMENT_RECEIVED]);
});

test('--json reports each repair also when it happens, and the JSON has all repairs', async (t) => {
  const { repaired } = await damagedShop(t);
  const { lines, noted: notes } = await repaired(true);
  // On a slow machine the audit also notes how long it runs.
  const noted = notes.filter((note) => !/\(after \d+ s\)$/.test(note));
  t.is(noted.length, 3);
  const { ok, repairs } = JSON.parse(lines.join('\n')) as { ok: boolean; repairs: string[] };
  t.deepEqual([ok, repairs], [false, noted]);
});

test('the audit writes nothing: without the schema, the audit names the command to run', async (t) => {
  const { url } = await createDatabase(t);
  const pool = createPool({ url, size: 1 });
  t.teardown(() => pool.end());
  const audited = auditCommand({ ...elsewhere, MYSQL_URL: url }, { say: () => t.fail('there is nothing to tell') });
  await t.throwsAsync(audited, { message: /lacks 0001-orders.*orders migrate/ });
  t.deepEqual(await rows(pool, 'SHOW TABLES'), []);
});

test('an order that lacks the text of its customer gets it, and is named', async (t) => {
  const { pool, repaired } = await damagedShop(t);
  const { orderId } = await placeOrder(pool, { userId: 'ann@example.org' });
  await recordOrders(pool, [orderId]);
  await pool.query('UPDATE orders SET customer = NULL WHERE order_id = ?', [orderId]);
  const { lines } = await repaired(false);
  t.true(
    lines.some((line) => line.includes(`order ${orderId}: its row had no customer`)),
    lines.join('\n'),
  );
  t.false(lines.some((line) => line.includes('ann@example.org')));
  t.deepEqual(await rows(pool, 'SELECT customer FROM orders WHERE order_id = ?', [orderId]), [
    { customer: 'ann@example.org' },
  ]);
});
