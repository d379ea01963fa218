import test from 'ava';
import { startEventSweeps } from '../../../src/bridge/events.js';
import { until } from '../../../src/cli/story/until.js';
import type { DeliverEvents } from '../../../src/domain/event.js';
import { createMetrics } from '../../../src/process/metrics.js';
import { createTestLog } from '../../helpers/broker.js';
import { count, placeOrder, rows, shopDatabase } from '../../helpers/database.js';

test('the sweeps deliver events, delete what was delivered long ago, and count what waits', async (t) => {
  const { pool } = await shopDatabase(t);
  await placeOrder(pool);
  await pool.query('UPDATE events SET delivered_at = UTC_TIMESTAMP(3) - INTERVAL 1 DAY');
  const { orderId } = await placeOrder(pool);
  await pool.query('UPDATE events SET occurred_at = occurred_at - INTERVAL 1 HOUR WHERE delivered_at IS NULL');
  let isAway = true;
  const deliver: DeliverEvents = async (bySubject) =>
    new Set(isAway ? [] : bySubject.flat().map(({ eventId }) => eventId));
  const metrics = createMetrics('bridge');
  const urgentWork = Promise.withResolvers<void>();
  const standBack = () => urgentWork.promise;
  const sweeps = startEventSweeps({ pool, deliver, standBack, keptMs: 3_600_000, metrics, log: createTestLog() });
  t.teardown(async () => void (await Promise.all(sweeps.map((sweep) => sweep.stop()))));
  const figure = async (name: string) => (await metrics.registry.getSingleMetric(name)?.get())?.values[0]?.value ?? 0;
  const becomes = (name: string, holds: (value: number) => boolean) => until(name, () => figure(name), holds);

  await becomes('orders_events_undelivered', (n) => n === 1);
  await becomes('orders_events_undelivered_oldest_seconds', (seconds) => seconds >= 3_600);
  await until(
    'the deletion',
    () => count(pool, 'events'),
    (n) => n === 1,
  );
  isAway = false;
  urgentWork.resolve();
  await becomes('orders_events_delivered_total', (n) => n === 1);
  await becomes('orders_events_undelivered', (n) => n === 0);
  t.like(await rows(pool, 'SELECT order_id FROM events WHERE delivered_at IS NOT NULL'), [{ order_id: orderId }]);
});
