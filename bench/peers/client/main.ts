import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createShop, type Shop } from './shop.js';
import type { Order, Question, Result, Task } from './task.js';

/**
 * The buyers and the payment provider of every system under test, in a process of their own. The parent sends one task
 * at a time and gets one answer.
 */

const POLL_MS = 1;
let accepted = 0;
let users = 0;

async function inParallel<T>(items: Iterable<T>, atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]();
  const turns = async () => {
    for (let next = rest.next(); !next.done; next = rest.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: atOnce }, turns));
}

async function perform({ connections, work }: Task, shop: Shop): Promise<Omit<Result, 'tookMs'>> {
  const result = { orders: [] as Order[], refused: 0, failed: 0, statuses: [] as string[], waits: [] as number[] };
  const place = async (line: { sku: string; price: number; key?: string }): Promise<Order | undefined> => {
    const since = performance.now();
    const answer = await shop.checkout({ userId: ++users, key: randomUUID(), ...line, ...(line.key && { userId: 1 }) });
    result.waits.push(performance.now() - since);
    if (answer.kind === 'out-of-stock') return void result.refused++;
    result.orders.push(answer.order);
    accepted++;
    return answer.order;
  };
  const placed = async (line: { sku: string; price: number }): Promise<Order> => {
    const order = await place(line);
    if (order === undefined) throw new Error('an order was refused: out of stock');
    return order;
  };
  if (work.kind === 'checkout') {
    const { sku, price, key, count, isTolerant } = work;
    await inParallel(Array(count), connections, async () => {
      try {
        await place({ sku, price, ...(key !== undefined && { key }) });
      } catch (error) {
        if (!isTolerant) throw error;
        result.failed++;
      }
    });
  } else if (work.kind === 'place-and-pay') {
    await inParallel(Array(work.count), connections, async () => {
      await shop.pay(await placed(work), randomUUID());
    });
  } else if (work.kind === 'pay') {
    await inParallel(work.orders, connections, async (order) => {
      const paymentId = randomUUID();
      await Promise.all(Array.from({ length: work.times }, () => shop.pay(order, paymentId)));
    });
  } else if (work.kind === 'pay-at-rate') {
    const start = performance.now();
    const waits: number[] = [];
    const until = (moment: number) => sleep(Math.max(0, moment - performance.now()));
    await inParallel(Array(work.count).keys(), work.count, async (index) => {
      const due = start + (index * 1_000) / work.perSecond;
      await until(due);
      const order = await placed(work);
      await until(due + work.afterMs);
      const since = performance.now();
      await shop.pay(order, randomUUID());
      while ((await shop.statusOf(order)) !== 'paid') await sleep(POLL_MS);
      waits.push(performance.now() - since);
    });
    result.waits = waits;
  } else {
    const statuses = new Map<string, string>();
    await inParallel(work.orders, connections, async (order) => {
      statuses.set(order.orderId, await shop.statusOf(order));
    });
    result.statuses = work.orders.map(({ orderId }) => statuses.get(orderId) ?? 'unknown');
  }
  return result;
}

process.on('message', async ({ id, task }: Question) => {
  if (task === undefined) return void process.send?.({ id, accepted });
  accepted = 0;
  const shop = createShop(task.url, task.connections, task.dialect);
  try {
    const since = performance.now();
    const result = await perform(task, shop);
    process.send?.({ id, result: { ...result, tookMs: performance.now() - since } });
  } catch (error) {
    process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  } finally {
    await shop.close();
  }
});
process.send?.({ id: 0 });
