import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { auditDatabase } from '../../src/db/audit/audit.js';
import { reserve } from '../../src/db/checkouts/reservations.js';
import { recordOrders } from '../../src/db/orders/orders.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import type { SettlementCause } from '../../src/domain/settlement.js';
import { checkoutRequest, product, rows, shopDatabase, stockOf } from '../helpers/database.js';
import type { Finish, Race } from './racer.js';

const RACES = 1_000;
const AT_ONCE = 6;
/** Storing a payment takes some round trips to the database. The timer fires before, during and after them. */
const LARGEST_DELAY = 8;

interface Racer {
  readonly settle: (race: Race) => Promise<string>;
  readonly ready: Promise<string>;
}

/** A second process, with connections of its own. */
function startRacer(t: ExecutionContext, url: string): Racer {
  const child = fork(fileURLToPath(new URL('racer.js', import.meta.url)), [url, String(AT_ONCE)]);
  const ended = once(child, 'exit');
  t.teardown(async () => {
    if (child.connected) child.disconnect();
    await ended;
  });
  const waiting = new Map<string, (status: string) => void>();
  child.on('message', ({ orderId, status }: Finish) => waiting.get(orderId)?.(status));
  const finish = (orderId: string): Promise<string> =>
    Promise.race([
      new Promise<string>((resolve) => waiting.set(orderId, resolve)),
      ended.then(([code]) => Promise.reject(new Error(`a racer ended with ${code} before ${orderId}`))),
    ]);
  return {
    ready: finish(''),
    settle(race) {
      child.send(race);
      return finish(race.orderId);
    },
  };
}

test('a payment and the timer in the same millisecond end the order once, and a refund follows where the timer wins', async (t) => {
  const { pool, url } = await shopDatabase(t, [product({ stock: RACES })]);
  const orders: string[] = [];
  for (let left = RACES; left > 0; left -= 500) {
    const requests = Array.from({ length: 500 }, () => checkoutRequest());
    await reserve(pool, requests, 0);
    orders.push(...requests.map(({ orderId }) => orderId));
  }
  // Most orders are recorded, as by their workflows. The settlement records the others.
  await recordOrders(pool, orders.slice(RACES / 4));
  const payment = (orderId: string): SettlementCause => ({ kind: 'payment', paymentId: `pay-${orderId}` });

  const [payer, timer] = [startRacer(t, url), startRacer(t, url)];
  await Promise.all([payer.ready, timer.ready]);
  const races = orders.entries();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const [index, orderId] of races) {
        const [byPayer, byTimer] = await Promise.all([
          payer.settle({ orderId, cause: payment(orderId), delayTrips: 0 }),
          timer.settle({ orderId, cause: { kind: 'expired' }, delayTrips: index % LARGEST_DELAY }),
        ]);
        t.is(byPayer, byTimer, 'both return the same end');
      }
    }),
  );

  const ends = await rows(
    pool,
    `SELECT o.status, m.kind, p.status AS payment, p.refund_reason AS reason, COUNT(*) AS n
     FROM orders o JOIN stock_movements m USING (order_id) JOIN payments p USING (order_id)
     GROUP BY 1, 2, 3, 4 ORDER BY 1`,
  );
  const [paid = 0, canceled = 0] = ends.map(({ n }) => Number(n));
  t.log(`the payment won ${paid} times, the timer ${canceled}`);
  t.deepEqual(ends, [
    { status: 'paid', kind: 'sold', payment: 'accepted', reason: null, n: paid },
    { status: 'canceled', kind: 'released', payment: 'refund_required', reason: 'order-canceled', n: canceled },
  ]);
  t.is(paid + canceled, RACES);
  t.deepEqual(await stockOf(pool), { available: canceled, reserved: 0, sold: paid });
  t.deepEqual(await auditDatabase(pool, 0), []);

  const again = await Promise.all(orders.map((orderId) => settleOrder(pool, orderId, payment(orderId))));
  t.is(again.filter(({ refund }) => refund !== null).length, canceled, 'each refund is returned until it is made');
});
