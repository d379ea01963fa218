import test from 'ava';
import { audit } from '../../src/cli/audit.js';
import { startProgress } from '../../src/cli/progress.js';
import { createPool } from '../../src/db/driver/pool.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { createClient } from '../../src/temporal/client.js';
import { placeOrder, shopDatabase } from '../helpers/database.js';
import { taskQueue, temporal } from '../helpers/servers.js';

/** No order here is open and published, so the audit does not need the broker. */
const elsewhere = {
  amqpUrl: 'amqp://127.0.0.1:1',
  temporal: createClient({ address: temporal.address, namespace: temporal.namespace }),
  taskQueue: taskQueue(),
};

test.after.always(() => elsewhere.temporal.connection.close());

test('the report of a shop without findings counts what was checked', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool);
  await settleOrder(pool, orderId, { kind: 'cancel', reason: 'customer-request' });
  t.deepEqual(await audit({ pool, ...elsewhere }), {
    findings: [],
    open: [],
    audited: { skus: 1, checkouts: 1, payments: 0, archived: 0, ofArchive: 0 },
  });
});

test('the report names the invariant, the subject and what was seen', async (t) => {
  const { pool } = await shopDatabase(t);
  await placeOrder(pool);
  await pool.query("UPDATE products SET reserved = 3, available = 7 WHERE sku = 'mug'");
  const { findings } = await audit({ pool, ...elsewhere });
  t.deepEqual(findings, [
    {
      invariant: 'I1',
      subject: 'sku mug',
      detail: 'the stock says reserved 3 and sold 0; the orders say reserved 1 and sold 0',
    },
  ]);
});

test('an audit that cannot read the database does not report that all invariants hold', async (t) => {
  const { url } = await shopDatabase(t);
  const pool = createPool({ url, size: 1 });
  await pool.end();
  await t.throwsAsync(audit({ pool, ...elsewhere }), { code: 'dependency-unavailable' });
});

test('work that takes long reports its step and its time until the work ends', async (t) => {
  const noted = Promise.withResolvers<string>();
  const progress = startProgress(noted.resolve, { everyMs: 1 });
  progress.become('looking at stock');
  t.regex(await noted.promise, /^looking at stock \(after \d+ s\)$/);
  progress.stop();
});
