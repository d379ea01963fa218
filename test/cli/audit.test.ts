import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { migrate } from '../../src/db/migrate.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { placeOrder, shopDatabase } from '../helpers/database.js';
import { freePort } from '../helpers/free-port.js';
import { createGate } from '../helpers/gate.js';
import { createVhost, taskQueue, temporal } from '../helpers/servers.js';
import { orders } from './orders.js';

/** `orders audit` as an operator runs it, on real servers. */

async function shop(t: ExecutionContext) {
  const { pool, url } = await shopDatabase(t);
  const env = {
    MYSQL_URL: url,
    AMQP_URL: (await createVhost(t)).url,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_TASK_QUEUE: taskQueue(),
  };
  return { pool, audit: (...args: string[]) => orders(['audit', ...args], env) };
}

test('audit exits 0 where every invariant holds, and prints how much it checked', async (t) => {
  const { pool, audit } = await shop(t);
  const { orderId } = await placeOrder(pool);
  await settleOrder(pool, orderId, { kind: 'cancel', reason: 'customer-request' });
  const { code, out, err } = await audit();
  // On a slow machine the audit says what it does.
  t.deepEqual([code, err.replaceAll(/^looking at .* \(after \d+ s\)\n/gm, '')], [0, '']);
  t.regex(out, /^Audited 1 SKUs, 1 checkouts, 0 payments\.\n(✔ holds .*\n){6}$/);
  t.like(JSON.parse((await audit('--json')).out), { ok: true, findings: [], repairs: [] });
});

test('audit exits 1 where an invariant is broken, and names the invariant and the order', async (t) => {
  const { pool, audit } = await shop(t);
  const { orderId } = await placeOrder(pool, { windowMs: -60_000 });
  const { code, out } = await audit();
  t.is(code, 1);
  for (const invariant of ['I2', 'I4']) {
    t.regex(out, new RegExp(`✘ broken +${invariant} .*\\n +order ${orderId}: `));
  }
  t.is(out.match(/✔ holds/g)?.length, 4);
  const json = await audit('--json');
  t.is(json.code, 1);
  const { ok, findings } = JSON.parse(json.out) as { ok: boolean; findings: { invariant: string; subject: string }[] };
  t.false(ok);
  t.deepEqual(findings.map(({ invariant, subject }) => `${invariant} ${subject}`).toSorted(), [
    `I2 order ${orderId}`,
    `I4 order ${orderId}`,
  ]);
});

test('audit --repair ends and names the overdue order, and exits by the audit afterwards', async (t) => {
  const { pool, audit } = await shop(t);
  const { orderId } = await placeOrder(pool, { windowMs: -60_000 });
  await pool.query('UPDATE checkouts SET created_at = created_at - INTERVAL 1 MINUTE');
  const { code, out } = await audit('--repair');
  t.is(code, 0);
  t.regex(out, new RegExp(`^repair +order ${orderId}: past its deadline, now canceled.*\\nAudited 1 SKUs`));
});

test('audit of a database without the schema names the command, and writes nothing', async (t) => {
  const { pool, audit } = await shop(t);
  await pool.query('DROP TABLE schema_migrations');
  const { code, err } = await audit();
  t.is(code, 1);
  t.regex(err, /^The database lacks 0001-orders, .*orders migrate\n$/);
  t.deepEqual((await pool.query("SHOW TABLES LIKE 'schema_migrations'"))[0], []);
  await migrate(pool);
  t.is((await audit()).code, 0);
});

test('audit of a database that holds no shop exits 1, because nothing was checked', async (t) => {
  const { pool, audit } = await shop(t);
  await pool.query('DELETE FROM products');
  for (const args of [[], ['--json']]) {
    const { code, out, err } = await audit(...args);
    t.deepEqual([code, out], [1, '']);
    t.regex(err, /^There was no shop to audit: .* has no product.* Is MYSQL_URL the right one\?\n$/);
  }
});

test('audit without addresses and without a shop of this clone exits 1, says what to do and starts nothing', async (t) => {
  const ORDERS_DATA_DIR = mkdtempSync(join(tmpdir(), 'orders-nothing-'));
  const { code, out, err } = await orders(['audit'], { ORDERS_DATA_DIR });
  t.deepEqual([code, out], [1, '']);
  t.regex(err, /^There is no shop to look at: .*\nSet MYSQL_URL, AMQP_URL, TEMPORAL_ADDRESS .* npm start\n$/);
  t.deepEqual(readdirSync(ORDERS_DATA_DIR), []);
});

for (const command of ['audit', 'migrate', 'seed']) {
  test(`${command} with MySQL away says in one line what is not reachable, where, and what to do`, async (t) => {
    const port = await freePort();
    const { code, out, err } = await orders([command], {
      MYSQL_URL: `mysql://somebody:secret@127.0.0.1:${port}/orders`,
      AMQP_URL: 'amqp://somebody:secret@127.0.0.1:1/',
      TEMPORAL_ADDRESS: '127.0.0.1:1',
    });
    t.deepEqual([code, out], [1, '']);
    t.regex(err, new RegExp(`^MySQL is not reachable at 127\\.0\\.0\\.1:${port}: .*ECONNREFUSED.* orders doctor\\n$`));
    t.false(err.includes('secret'));
  });
}

test("audit with Temporal away reports the database's findings, and that the rest could not be checked", async (t) => {
  const { pool, url } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool, { windowMs: -60_000 });
  await pool.query('UPDATE checkouts SET published_at = created_at - INTERVAL 1 MINUTE');
  const TEMPORAL_ADDRESS = `127.0.0.1:${await freePort()}`;
  const { code, out } = await orders(['audit'], { MYSQL_URL: url, AMQP_URL: 'amqp://127.0.0.1:1/', TEMPORAL_ADDRESS });
  t.is(code, 1);
  t.regex(out, new RegExp(`I2 .*\\n +order ${orderId}: `));
  t.regex(out, /I5 .*\n +messages: could not be checked: Temporal is not available: .*ECONNREFUSED/);
});

test("a missing database is reported in the server's words, in one line", async (t) => {
  const { url } = await shopDatabase(t);
  const nowhere = new URL(url);
  nowhere.pathname = '/nowhere';
  const { code, err } = await orders(['migrate'], { MYSQL_URL: nowhere.href });
  t.is(code, 1);
  t.regex(err, /^MySQL is not reachable at .*nowhere.*\n$/);
});

test('audit ends when the database accepts connections and does not answer', async (t) => {
  const { url } = await shopDatabase(t);
  const gate = await createGate(t, url);
  gate.hold();
  const env = { MYSQL_URL: gate.url, AMQP_URL: 'amqp://127.0.0.1:1/', TEMPORAL_ADDRESS: temporal.address };
  const { code, err } = await orders(['audit'], env);
  t.is(code, 1);
  t.notRegex(err, /^ +at /m, 'no stack');
});
