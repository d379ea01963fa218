import { until } from '../../src/cli/story/until.js';
import type { Buyers } from './buyers.js';
import type { Order, Task } from './client/task.js';
import type { Contestant, Product } from './contestant.js';

/** Long enough for some requests, and short enough to wait for its end. */
export const VERIFY_WINDOW_MS = 3_000;
const [FEW, BUYERS, LOAD] = [5, 20, 3_000];

/** For a check only: its stock is small. */
export const scarce: Product = { sku: 'scarce', price: 1250, stock: FEW };
export const plenty: Product = { sku: 'plenty', price: 1250, stock: 1_000_000 };

/**
 * Runs the job once with each thing that goes wrong in practice. The contestant runs with `VERIFY_WINDOW_MS`.
 *
 * @throws naming the first promise that the contestant breaks: its figures would be worth nothing
 */
export async function verify(contestant: Contestant, buyers: Buyers): Promise<void> {
  const { name, url, dialect } = contestant;
  const perform = (work: Task['work'], connections = 8) => buyers.perform({ url, dialect, connections, work });
  const place = (product: Product, count: number, key?: string) =>
    perform({ kind: 'checkout', ...product, count, ...(key !== undefined && { key }) }, key === undefined ? count : 1);
  const pay = (orders: readonly Order[], times: number) => perform({ kind: 'pay', orders, times });
  const holds = (what: string, condition: boolean, seen: unknown) => {
    if (!condition) throw new Error(`${name} is wrong: ${what}; seen: ${JSON.stringify(seen)}`);
  };
  const statuses = async (orders: readonly Order[]) => (await perform({ kind: 'statuses', orders })).statuses;
  const untilAll = (status: string, orders: readonly Order[]) =>
    until(
      `the orders of ${name} to be ${status}`,
      () => statuses(orders),
      (seen) => seen.every((each) => each === status),
      90_000,
    );
  const untilReleased = (product: Product, sold: number) =>
    until(
      `the stock of ${name} to be released, with ${sold} sold`,
      () => contestant.stockOf(product.sku),
      (stock) => stock.reserved === 0 && stock.sold === sold && stock.available === product.stock - sold,
      90_000,
    );

  const crowd = await place(scarce, BUYERS);
  const sold = { accepted: crowd.orders.length, refused: crowd.refused };
  holds('the stock is sold exactly', sold.accepted === FEW && sold.refused === BUYERS - FEW, sold);
  await untilAll('canceled', crowd.orders);
  await untilReleased(scarce, 0);

  const twice = await place(plenty, 2, 'the-same-key');
  const ids = new Set(twice.orders.map(({ orderId }) => orderId));
  holds('a repeated key gets the same order', ids.size === 1 && twice.orders.length === 2, twice.orders);
  await pay(twice.orders.slice(0, 1), 3);
  await untilAll('paid', twice.orders);

  await pay(crowd.orders.slice(0, 1), 1);
  holds(
    'a late payment changes nothing',
    (await statuses(crowd.orders)).every((each) => each === 'canceled'),
    crowd,
  );

  const paid = await place(plenty, 3);
  await pay(paid.orders, 1);
  const unpaid = await place(plenty, 3);
  await contestant.kill();
  await contestant.start({ windowMs: VERIFY_WINDOW_MS });
  await untilAll('paid', paid.orders);
  await untilAll('canceled', unpaid.orders);
  await untilReleased(plenty, 4);

  const load = perform({ kind: 'checkout', ...plenty, count: LOAD, isTolerant: true }, 16);
  await until(
    `accepted checkouts of ${name}`,
    () => buyers.accepted(),
    (accepted) => accepted >= 50,
  );
  await contestant.kill();
  const { orders } = await load;
  await contestant.start({ windowMs: VERIFY_WINDOW_MS });
  await untilAll('canceled', orders);
  await untilReleased(plenty, 4);
}
