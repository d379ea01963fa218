import type { Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { until } from '../../src/cli/story/until.js';
import { auditDatabase, countAudited } from '../../src/db/audit/audit.js';
import { reserve } from '../../src/db/checkouts/reservations.js';
import { withNamedLock } from '../../src/db/driver/named-lock.js';
import { createPool } from '../../src/db/driver/pool.js';
import { migrate } from '../../src/db/migrate.js';
import { findOrder } from '../../src/db/orders/orders.js';
import { checkoutRequest, count, rows, shopDatabase, WINDOW_MS } from '../helpers/database.js';
import { createGate } from '../helpers/gate.js';
import { watchedPool } from './watched-pool.js';

/** A server accepts connections and statements and does not answer: no wait is endless. */

const silence = { code: 'PROTOCOL_SEQUENCE_TIMEOUT' };
const away = { code: 'dependency-unavailable' };

/** The real database behind a proxy that can stop its answers, and a pool with short limits. */
async function setUp(t: ExecutionContext, size = 1) {
  const { pool, url } = await shopDatabase(t);
  const gate = await createGate(t, url);
  const limited = createPool({ url: gate.url, size, timeLimitMs: 4_000 });
  t.teardown(() => limited.end());
  return { pool, gate, limited };
}

test('a statement without an answer ends, and its connection is not used again', async (t) => {
  const { gate, limited } = await setUp(t);
  const id = async () => (await rows(limited, 'SELECT CONNECTION_ID() AS id'))[0]?.id;
  const before = await id();
  gate.hold();
  await t.throwsAsync(limited.query("SELECT 'the late answer'"), silence);
  gate.release();
  t.deepEqual(await rows(limited, "SELECT 'the next' AS answer"), [{ answer: 'the next' }]);
  t.not(await id(), before);
});

test('a statement that the client gave up ends on the server', async (t) => {
  const { pool, limited } = await setUp(t);
  await t.throwsAsync(limited.query("SELECT SLEEP(600), 'given up'"), silence);
  const running = () => rows(pool, 'SHOW FULL PROCESSLIST');
  await until('the server to end it', running, (all) => !all.some(({ Info }) => /given up/.test(String(Info))));
});

test('a statement with a longer limit has this limit on the server too, and the next statement has the usual limit', async (t) => {
  const { limited } = await setUp(t);
  const limits = 'SELECT @@max_statement_time AS seconds';
  t.deepEqual(await rows(limited, limits), [{ seconds: 5 }]);
  t.deepEqual((await limited.query({ sql: limits, timeout: 60_000 }))[0], [{ seconds: 61 }]);
  t.deepEqual(await rows(limited, limits), [{ seconds: 5 }]);
  await t.throwsAsync(limited.query({ sql: 'SELECT nothing', timeout: 60_000 }));
  t.deepEqual(await rows(limited, limits), [{ seconds: 5 }], 'nor after one that failed');
});

test('a connection without an answer is closed on both sides', async (t) => {
  const { gate, limited } = await setUp(t);
  const connection = await limited.getConnection();
  const { stream } = connection.connection as unknown as { readonly stream: Socket };
  gate.hold();
  await t.throwsAsync(connection.query('SELECT 1'), silence);
  t.true(stream.destroyed);
});

test('a connection to a server that sends no handshake, or does not answer to the settings, has a time-out', async (t) => {
  const { gate, limited } = await setUp(t, 3);
  gate.hold();
  const asked = [1, 2, 3, 4, 5].map(() => t.throwsAsync(limited.query('SELECT 1'), silence));
  await Promise.all(asked);
  gate.release();
  t.deepEqual(await rows(limited, 'SELECT @@innodb_lock_wait_timeout AS wait'), [{ wait: 3 }]);
});

test('a wait for a connection that others hold ends with an error, and the connection is used again', async (t) => {
  const { limited } = await setUp(t);
  const only = await limited.getConnection();
  await t.throwsAsync(limited.query('SELECT 1'), silence);
  await t.throwsAsync(limited.getConnection(), silence);
  only.release();
  t.deepEqual(await rows(limited, 'SELECT 1 AS answer'), [{ answer: 1 }]);
});

test('a wait in a busy pool continues while the server answers others', async (t) => {
  const { limited } = await setUp(t);
  const only = await limited.getConnection();
  const waiting = limited.query("SELECT 'at last' AS answer");
  for (let n = 0; n < 6; n++) await only.query('DO SLEEP(0.4)');
  only.release();
  const [answer] = await waiting;
  t.deepEqual(answer, [{ answer: 'at last' }]);
});

test('a server without an answer is an outage after one time-out, and no reservation is partly written', async (t) => {
  const { pool, gate, limited } = await setUp(t, 5);
  await Promise.all([1, 2, 3].map(() => limited.query('SELECT 1')));
  gate.hold();
  const statements: string[] = [];
  await t.throwsAsync(reserve(watchedPool(limited, { statements }), [checkoutRequest()], WINDOW_MS), away);
  t.deepEqual(statements, ['START TRANSACTION']);
  await t.throwsAsync(findOrder(limited, 'none'), away);
  gate.release();
  const [result] = await reserve(limited, [checkoutRequest()], WINDOW_MS);
  t.is(result?.kind, 'reserved');
  t.is(await count(pool, 'checkouts'), 1);
});

test('a pool closes when the server does not answer', async (t) => {
  const { gate, limited } = await setUp(t, 2);
  await limited.query('SELECT 1');
  gate.hold();
  const unanswered = t.throwsAsync(limited.query('SELECT 1'));
  await limited.end();
  await unanswered;
  await t.throwsAsync(limited.query('SELECT 1'), { message: /closed/ });
});

const long = {
  auditDatabase: (pool: Parameters<typeof migrate>[0]) => auditDatabase(pool, 0),
  countAudited,
};
for (const [name, ask] of Object.entries(long)) {
  test(`${name} may take longer than a customer would wait`, async (t) => {
    const { gate, limited } = await setUp(t, 2);
    const [one, two] = [await limited.getConnection(), await limited.getConnection()];
    one.release();
    two.release();
    gate.hold();
    const asked = ask(limited);
    await t.throwsAsync(limited.query('SELECT 1'), silence);
    gate.release();
    await t.notThrowsAsync(asked);
  });
}

test('a migration, and the wait for the lock on it, may take longer than a customer would wait', async (t) => {
  const { pool, limited } = await setUp(t, 2);
  let migrated: Promise<string[]> | undefined;
  await pool.query("DELETE FROM schema_migrations WHERE name = '0001-orders'");
  await withNamedLock(pool, 'order-bridge:migrate', 0, async () => {
    migrated = migrate(limited);
    await t.throwsAsync(limited.query('SELECT SLEEP(5)'), silence);
  });
  t.deepEqual(await migrated, ['0001-orders']);
});
