import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../src/cli/story/until.js';
import { withCpu } from '../harness/cpu.js';
import type { Measured } from '../harness/figure.js';
import { quantile, timed } from '../harness/timing.js';
import type { Buyers } from './buyers.js';
import type { Order, Task } from './client/task.js';
import { type Contestant, type Product, paused } from './contestant.js';

/** `goal` is what the project wants: to be ahead in what customers wait for. */
export const MEASURES = {
  'accepted while all processes work': { unit: 'checkouts/s', better: 'larger', goal: 1 },
  'accepted while bridge and worker rest': { unit: 'checkouts/s', better: 'larger', goal: 1 },
  'webhook to paid, p50': { unit: 'ms', better: 'smaller', goal: 1 },
  'webhook to paid, p99': { unit: 'ms', better: 'smaller', goal: 1 },
  'whole orders': { unit: 'orders/s', better: 'larger' },
  'CPU of a whole order': { unit: 'ms', better: 'smaller' },
} as const;

/** The figures of one round of one contestant. */
export type Measures = Readonly<Partial<Record<keyof typeof MEASURES, Measured>>>;
export const names = Object.keys(MEASURES) as (keyof typeof MEASURES)[];

/**
 * The payment window. Longer than the rounds that leave orders unpaid, so that no timer ends an order while another order
 * is measured.
 */
export const windowOf = (contestants: number): number => 20_000 * contestants;
export const hot: Product = { sku: 'hot', price: 1250, stock: 1_000_000 };

const [ACCEPTED, PAID, WHOLE] = [1_000, 80, 200];
/** Orders and webhooks a second, a rate that every system bears with ease; and how long a customer takes to pay. */
const [RATE, PAID_AFTER_MS] = [10, 2_000];
/** Buyers at once: of the checkouts, and of the whole orders. */
const [CONNECTIONS, AT_ONCE] = [64, 16];
/** What the buyers wait for after the last deadline has passed. */
const SLACK_MS = 5 * 60_000;

/** Measures contestants, and remembers what each of their orders has to become. */
export function createRounds(buyers: Buyers, windowMs: number) {
  const paid = new Map<string, Order[]>();
  const unpaid = new Map<string, Order[]>();
  const remember = (into: Map<string, Order[]>, { name }: Contestant, orders: readonly Order[]): void => {
    into.set(name, [...(into.get(name) ?? []), ...orders]);
  };
  const perform = ({ url, dialect }: Contestant, connections: number, work: Task['work']) =>
    buyers.perform({ url, dialect, connections, work });

  /** A peer is one process, and has one figure for both. */
  async function accepted(contestant: Contestant): Promise<Measures> {
    const working = await load(contestant);
    const behind = contestant.behindPids();
    const resting = behind.length === 0 ? working : await paused(behind, () => load(contestant));
    return { 'accepted while all processes work': working, 'accepted while bridge and worker rest': resting };
  }

  async function load(contestant: Contestant): Promise<Measured> {
    const { orders, waits, tookMs } = await perform(contestant, CONNECTIONS, {
      kind: 'checkout',
      ...hot,
      count: ACCEPTED,
    });
    remember(unpaid, contestant, orders);
    const details = { 'p50 ms': quantile(waits, 0.5), 'p99 ms': quantile(waits, 0.99) };
    return { value: (orders.length * 1_000) / tookMs, details };
  }

  async function paidInTime(contestant: Contestant): Promise<Measures> {
    const work = { kind: 'pay-at-rate', ...hot, count: PAID, perSecond: RATE, afterMs: PAID_AFTER_MS } as const;
    const { orders, waits } = await perform(contestant, CONNECTIONS, work);
    remember(paid, contestant, orders);
    return {
      'webhook to paid, p50': { value: quantile(waits, 0.5) },
      'webhook to paid, p99': { value: quantile(waits, 0.99) },
    };
  }

  /** Until each order is paid and the engine has nothing more to do for the orders. */
  async function whole(contestant: Contestant): Promise<Measures> {
    await untilIdle(contestant);
    const work = () =>
      timed(async () => {
        const { orders } = await perform(contestant, AT_ONCE, { kind: 'place-and-pay', ...hot, count: WHOLE });
        remember(paid, contestant, orders);
        await untilIdle(contestant);
      });
    const { result: tookMs, cpu } = await withCpu(contestant.pids(), work, () => WHOLE);
    const sum = Object.values(cpu).reduce((total, each) => total + each, 0);
    return {
      'whole orders': { value: (WHOLE * 1_000) / tookMs },
      'CPU of a whole order': { value: sum, details: cpu },
    };
  }

  /** @throws when an order has not ended as it had to, or the stock does not add up */
  async function check(contestant: Contestant): Promise<void> {
    const mustBe = { paid: paid.get(contestant.name) ?? [], canceled: unpaid.get(contestant.name) ?? [] };
    const sold = mustBe.paid.length;
    await until(
      `the stock of ${contestant.name}: ${sold} sold, nothing reserved`,
      () => contestant.stockOf(hot.sku),
      (stock) => stock.reserved === 0 && stock.sold === sold && stock.available === hot.stock - sold,
      windowMs + SLACK_MS,
    );
    for (const [status, orders] of Object.entries(mustBe)) {
      const { statuses } = await perform(contestant, AT_ONCE, { kind: 'statuses', orders });
      const wrong = statuses.filter((each) => each !== status);
      if (wrong.length > 0)
        throw new Error(`${contestant.name}: ${wrong.length} orders are ${wrong[0]}, not ${status}`);
    }
  }

  // The accepted checkouts come last: they leave orders that nobody pays, and so work for every engine.
  return { rounds: [paidInTime, whole, accepted], check };
}

/** The pause grows with the wait, so that the wait is measured to a tenth and the questions cost little. */
async function untilIdle(contestant: Contestant): Promise<void> {
  const end = performance.now() + SLACK_MS;
  for (let pause = 10; ; pause = Math.min(pause * 1.1, 100)) {
    const open = await contestant.open();
    if (open === 0) return;
    if (performance.now() > end) throw new Error(`the engine of ${contestant.name} still has ${open} orders`);
    await sleep(pause);
  }
}
