import test from 'ava';
import { createOutbox } from '../../src/db/checkouts/outbox.js';
import { createPool, type Pool } from '../../src/db/driver/pool.js';
import { createRelayOutbox } from '../../src/db/grouped-writes.js';
import { placeOrder, rows, shopDatabase } from '../helpers/database.js';

const now = { minAgeMs: 0, limit: 100 };

const age = (pool: Pool, orderId: string, seconds: number) =>
  pool.query('UPDATE checkouts SET created_at = created_at - INTERVAL ? SECOND WHERE order_id = ?', [seconds, orderId]);

const idsOf = (checkouts: readonly { readonly orderId: string }[]) => checkouts.map(({ orderId }) => orderId);

test('a checkout is completely in the outbox from its commit on', async (t) => {
  const { pool } = await shopDatabase(t);
  const checkout = await placeOrder(pool);
  t.deepEqual(await createOutbox(pool).unpublished(now), [checkout]);
});

test('the outbox is read from its oldest checkout on, up to the given number', async (t) => {
  const { pool } = await shopDatabase(t);
  const [young, old, middle] = [await placeOrder(pool), await placeOrder(pool), await placeOrder(pool)];
  await age(pool, old.orderId, 60);
  await age(pool, middle.orderId, 30);
  const { unpublished } = createOutbox(pool);
  t.deepEqual(idsOf(await unpublished(now)), idsOf([old, middle, young]));
  t.deepEqual(idsOf(await unpublished({ ...now, limit: 2 })), idsOf([old, middle]));
});

test('a message that may still be unconfirmed is not published again yet', async (t) => {
  const { pool } = await shopDatabase(t);
  const [, old] = [await placeOrder(pool), await placeOrder(pool)];
  await age(pool, old.orderId, 600);
  t.deepEqual(idsOf(await createOutbox(pool).unpublished({ minAgeMs: 300_000, limit: 100 })), [old.orderId]);
});

test('a marked checkout leaves the outbox, and the other checkouts stay', async (t) => {
  const { pool } = await shopDatabase(t);
  const [sent, waiting] = [await placeOrder(pool), await placeOrder(pool)];
  const outbox = createOutbox(pool);
  await outbox.markPublished([sent.orderId, 'nobody']);
  t.deepEqual(idsOf(await outbox.unpublished(now)), [waiting.orderId]);
});

test('a second mark keeps the time of the first confirm', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool);
  const outbox = createOutbox(pool);
  await outbox.markPublished([orderId]);
  await pool.query('UPDATE checkouts SET published_at = published_at - INTERVAL 1 MINUTE');
  const publishedAt = () => rows(pool, 'SELECT published_at FROM checkouts');
  const first = await publishedAt();
  await outbox.markPublished([orderId]);
  t.deepEqual(await publishedAt(), first);
});

test('an empty list of marks sends no statement', async (t) => {
  const { pool, url } = await shopDatabase(t);
  await placeOrder(pool);
  const closed = createPool({ url, size: 1 });
  await closed.end();
  await t.notThrowsAsync(createOutbox(closed).markPublished([]));
});

test('confirms that come at the same time are marked together', async (t) => {
  const { pool } = await shopDatabase(t);
  const placed = await Promise.all(Array.from({ length: 8 }, () => placeOrder(pool)));
  const outbox = createRelayOutbox(pool);
  await Promise.all(placed.map(({ orderId }) => outbox.markPublished(orderId)));
  t.deepEqual(await outbox.unpublished(now), []);
});

test('a database that is away is reported as an outage', async (t) => {
  const { url } = await shopDatabase(t);
  const closed = createPool({ url, size: 1 });
  await closed.end();
  const outbox = createOutbox(closed);
  await t.throwsAsync(outbox.unpublished(now), { code: 'dependency-unavailable' });
  await t.throwsAsync(outbox.markPublished(['some']), { code: 'dependency-unavailable' });
});
