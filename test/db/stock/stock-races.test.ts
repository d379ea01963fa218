import test from 'ava';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import { createCheckouts } from '../../../src/db/grouped-writes.js';
import { createSettlements } from '../../../src/db/orders/settlements.js';
import { createStockChanges } from '../../../src/db/stock/stock-changes.js';
import { checkoutRequest, openPool, product, rows, shopDatabase, stockOf, WINDOW_MS } from '../../helpers/database.js';
import { stockChange, stockEvents } from '../../helpers/stock.js';
import { watchedPool } from '../watched-pool.js';

type Shop = Awaited<ReturnType<typeof shopDatabase>>;

/** A process that sells, ends orders and changes the stock. Each has its own connections and batches. */
function processOf(t: Parameters<typeof openPool>[0], { url }: Shop, errors: unknown[] = []) {
  const pool = watchedPool(openPool(t, url, 4), { errors });
  return {
    buy: createCheckouts(pool, { windowMs: WINDOW_MS, waiting: 1000 }).checkout,
    cancel: (orderId: string) =>
      createSettlements(pool).settle(orderId, { kind: 'cancel', reason: 'customer-request' }),
    change: createStockChanges(pool).change,
  };
}

const isDeadlock = (code: unknown): boolean => code === 'ER_LOCK_DEADLOCK';

test('a restock during a sale, by two processes, stops no buyer and loses no unit', async (t) => {
  const skus = ['a', 'b', 'c'];
  const shop = await shopDatabase(
    t,
    skus.map((sku) => product({ sku, stock: 20 })),
  );
  const errors: unknown[] = [];
  const [one, two] = [processOf(t, shop, errors), processOf(t, shop, errors)];
  const sell = async (turn: number) => {
    const { buy } = turn % 2 ? one : two;
    const inOrder = turn % 3 ? skus : skus.toReversed();
    return await buy({ ...checkoutRequest({ userId: turn }), lines: inOrder.map((sku) => ({ sku, quantity: 1 })) });
  };
  const restock = async (turn: number) => {
    const { change } = turn % 2 ? two : one;
    const kind = turn % 5 ? 'received' : 'lost';
    return await change(stockChange({ sku: skus[turn % 3] as string, kind, quantity: kind === 'lost' ? 1 : 10 }));
  };
  const turns = Array.from({ length: 150 }, (_, turn) => turn);
  const [sold, changed] = await Promise.all([
    Promise.all(turns.map(sell)),
    Promise.all(turns.slice(0, 60).map(restock)),
  ]);
  t.deepEqual(errors.filter(isDeadlock), []);
  t.true(changed.every(({ kind }) => kind === 'changed' || kind === 'refused'));
  t.true(sold.every(({ kind }) => kind === 'reserved' || kind === 'out-of-stock'));
  t.is(sold.filter(({ kind }) => kind === 'reserved').length, (await stockOf(shop.pool, 'a')).reserved);
  t.deepEqual(await auditDatabase(shop.pool, 0), []);
});

test('one key in two processes at once is one change, also for two SKUs', async (t) => {
  const shop = await shopDatabase(t, [product(), product({ sku: 'lamp' })]);
  const processes = Array.from({ length: 4 }, () => processOf(t, shop));
  const request = stockChange({ quantity: 5 });
  const other = stockChange({ sku: 'lamp', quantity: 5, idempotencyKey: request.idempotencyKey });
  const results = await Promise.all(processes.map(({ change }, index) => change(index % 2 ? request : other)));
  t.is(results.filter((result) => result.kind === 'changed' && !result.replayed).length, 1);
  t.is(results.filter(({ kind }) => kind === 'key-reused').length, 2);
  const units = await Promise.all(['mug', 'lamp'].map(async (sku) => (await stockOf(shop.pool, sku)).available));
  t.deepEqual(units.toSorted(), [10, 15]);
});

test('buyers, cancels and changes at once: the events of a SKU alternate, and the last one is what is available', async (t) => {
  const shop = await shopDatabase(t, [product({ stock: 2 }), product({ sku: 'lamp', stock: 1 })]);
  const processes = [processOf(t, shop), processOf(t, shop)] as const;
  const play = async (turn: number) => {
    const { buy, cancel, change } = processes[turn % 2] as (typeof processes)[0];
    const sku = turn % 3 ? 'mug' : 'lamp';
    if (turn % 7 === 0) return await change(stockChange({ sku, kind: turn % 2 ? 'received' : 'lost', quantity: 1 }));
    const bought = await buy(checkoutRequest({ userId: turn, lines: [{ sku, quantity: 1 }] }));
    if (bought.kind === 'reserved' && turn % 8) await cancel(bought.checkout.orderId);
    return bought;
  };
  for (let round = 0; round < 6; round++) {
    await Promise.all(Array.from({ length: 40 }, (_, turn) => play(round * 40 + turn)));
  }
  for (const sku of ['mug', 'lamp']) {
    const events = await stockEvents(shop.pool, sku);
    t.true(events.length > 4, `${sku}: ${events}`);
    t.deepEqual(
      events.map((event) => event === 'sold-out'),
      events.map((_, index) => index % 2 === 0),
      sku,
    );
    t.is(events.at(-1) !== 'sold-out', (await stockOf(shop.pool, sku)).available > 0, sku);
  }
  t.deepEqual(await rows(shop.pool, 'SELECT position FROM events GROUP BY event_id HAVING COUNT(*) > 1'), []);
  t.deepEqual(await auditDatabase(shop.pool, 0), []);
});
