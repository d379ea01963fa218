import test from 'ava';
import { startBridgeWatch } from '../../src/bridge/watch.js';
import { until } from '../../src/cli/story/until.js';
import { recordOrders } from '../../src/db/orders/orders.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { createMetrics } from '../../src/process/metrics.js';
import { createTestLog } from '../helpers/broker.js';
import { placeOrder, shopDatabase } from '../helpers/database.js';
import { payFor } from './payment-events.js';

test('undecided payments, due reports, and stock that could not be moved, are counted in metrics and logged', async (t) => {
  const { pool } = await shopDatabase(t);
  const [unpaid, spoiled] = [await placeOrder(pool), await placeOrder(pool, { lines: [{ sku: 'mug', quantity: 2 }] })];
  const paymentId = await payFor(pool, unpaid);
  await pool.query('UPDATE payments SET received_at = received_at - INTERVAL 1 HOUR');
  await recordOrders(pool, [spoiled.orderId]);
  await pool.query('UPDATE products SET available = 9, reserved = 1');
  await settleOrder(pool, spoiled.orderId, { kind: 'cancel', reason: 'customer-request' });

  const [metrics, log] = [createMetrics('bridge'), createTestLog()];
  const sweeps = startBridgeWatch({ pool, metrics, log });
  t.teardown(async () => void (await Promise.all(sweeps.map((sweep) => sweep.stop()))));
  const figure = async (name: string) => (await metrics.registry.getSingleMetric(name)?.get())?.values[0]?.value ?? 0;
  const becomes = (name: string, holds: (value: number) => boolean) => until(name, () => figure(name), holds);

  await becomes('orders_payments_undecided', (n) => n === 1);
  await becomes('orders_payments_undecided_oldest_seconds', (seconds) => seconds >= 3_600);
  await becomes('orders_stock_discrepancies', (n) => n === 1);
  const named = () => log.lines.filter(({ level }) => level === 'error').map(({ fields }) => fields);
  const { orderId } = spoiled;
  t.deepEqual(named(), [{ orderId, sku: 'mug', quantity: 2, movement: 'released', cause: 'not-reserved' }] as never);

  await pool.query('UPDATE orders SET settled_at = settled_at - INTERVAL 1 HOUR');
  await becomes('orders_reports_due', (n) => n === 1);
  await becomes('orders_reports_due_oldest_seconds', (seconds) => seconds >= 3_600);
  await pool.query('UPDATE orders SET report_due = NULL');
  await becomes('orders_reports_due', (n) => n === 0);

  await settleOrder(pool, unpaid.orderId, { kind: 'payment', paymentId });
  await pool.query('UPDATE stock_discrepancies SET resolved_at = UTC_TIMESTAMP(3) WHERE order_id = ?', [orderId]);
  await becomes('orders_payments_undecided', (n) => n === 0);
  await becomes('orders_stock_discrepancies', (n) => n === 0);
  t.is(named().length, 1, 'each is logged once');
});
