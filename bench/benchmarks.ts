import { burst } from './burst.js';
import { checkout } from './checkout.js';
import { events } from './events.js';
import { expire } from './expire.js';
import type { Benchmark } from './harness/figure.js';
import { hotSku } from './hot-sku.js';
import { largeBaskets } from './large-baskets.js';
import { open } from './open.js';
import { order } from './order.js';
import { outbox } from './outbox.js';
import { pay } from './pay.js';
import { peers } from './peers.js';
import { profileCheckout } from './profile-checkout.js';
import { publish } from './publish.js';
import { settle } from './settle.js';
import { visible } from './visible.js';
import { write } from './write.js';

interface Entry {
  /** What is measured, and on what it runs. Markdown, for docs/performance.md. */
  readonly work: string;
  readonly comparedWith: string;
  readonly run: Benchmark;
  /**
   * The least ratio of each figure. `npm run bench -- --check` fails below this ratio. About a quarter of what was
   * measured, so that only a regression is below it, on any machine. Absent where the ratios depend on the machine.
   */
  readonly floor?: number;
  /** Prints what the work spends its CPU time on. */
  readonly profile?: () => Promise<void>;
}

/** In the order of the page. */
export const benchmarks: Readonly<Record<string, Entry>> = {
  'large-baskets': {
    work: 'The statement that takes the stock of a batch, for 100, 300 and 900 SKUs.',
    comparedWith: 'The statement that it replaced: a `CASE` with a branch for each SKU.',
    run: largeBaskets,
  },
  publish: {
    work:
      'Order messages, 1,000 and 20,000 of them, from one sender and from 256 senders that each await their message, to a ' +
      'quorum queue. The publisher of the product: each message is persistent, mandatory and confirmed. The details have ' +
      'the claims of a legacy service for its unconfirmed messages, on 28 hardware threads.',
    comparedWith:
      'Bare loops over amqplib: with confirms; without confirms, until the broker has read all messages; and with an await ' +
      'for each confirm.',
    run: publish,
  },
  'hot-sku': {
    work:
      '64 and 512 buyers of one SKU, at the function that the checkout route calls: while the SKU is in stock, while it ' +
      'sells out, and while 200 orders of the SKU are paid and 200 expire in a second. No run may oversell. Express ' +
      'answers the same requests on as many connections.',
    comparedWith:
      'A transaction for each request on 32 connections, with the hot row locked last. For one connection, 0.1 ms for a ' +
      'checkout.',
    run: hotSku,
  },
  checkout: {
    work:
      '`POST /checkout` on kept connections, 64 and 512 of them, with 1 and with 1,000 SKUs, in baskets of 1 and of 20 ' +
      'lines. The bridge and the worker are stopped.',
    comparedWith:
      'Express 5 that parses and answers the same JSON and does nothing else; and a synchronous shop, which has written ' +
      'stock, order and items in one transaction before it answers, on 32 connections.',
    run: checkout,
    profile: profileCheckout,
  },
  outbox: {
    work:
      '100,000 checkouts that the broker has never got, and the sweep of the bridge that publishes them, while customers ' +
      'check out over HTTP. Temporal is away, so that the messages stay in the queue.',
    comparedWith: '5,000 rows a second; and, for the checkouts, a quiet time.',
    run: outbox,
  },
  events: {
    work:
      'A million events that no broker has taken, beside 200 checkouts a second over HTTP: while the events wait, and while ' +
      'the bridge delivers them. Then how fast a delivery claims the oldest events.',
    comparedWith: 'No events that wait; and, for the claims, ten thousand events.',
    run: events,
  },
  burst: {
    work:
      '10,000 checkouts of one SKU as fast as they are taken, on 512 connections, while the bridge and the worker are ' +
      'stopped. After the last round both start, a tenth of the orders is paid by webhooks, and all messages are handled. ' +
      'In the picture an order is settled when the database has its end.',
    comparedWith:
      'The claim that a queue takes 10,000 checkouts a second where Express answers 25,000 requests a second, in ' +
      'proportion to what Express answers in the same run.',
    run: burst,
  },
  write: {
    work:
      'Orders of three items, recorded by the function that the first activity of a workflow calls, from 1, 8, 64 and 256 ' +
      'callers.',
    comparedWith: 'A transaction for each order, one at a time.',
    run: write,
  },
  settle: {
    work: '1,000 orders that end at the same moment, of 1 and of 1,000 SKUs. Settlements that wait share a transaction.',
    comparedWith: 'A transaction for each order, two at a time.',
    run: settle,
    floor: 4,
  },
  pay: {
    work:
      'Webhooks of payments over HTTP from 64 connections, for orders that wait for their payment. The answer says that ' +
      'the order is paid. Then half of that load with nothing else to do, with Temporal stopped, and with 50,000 orders ' +
      'that wait for Temporal.',
    comparedWith:
      "The earlier way, without HTTP: an event is stored, and an activity of the order's workflow decides. At half load: " +
      '100 ms, which a customer does not notice.',
    run: pay,
  },
  order: {
    work:
      'Whole orders over HTTP, from the checkout until their workflows are closed, paid and canceled. CPU is that of ' +
      'Temporal and of the worker.',
    comparedWith:
      'A workflow that only waits for a signal, which is the least that an order in Temporal costs; and the shop of a ' +
      'textbook over HTTP: a transaction and an awaited confirm for each checkout, ten consumers that each await one start ' +
      'after the other, regular activities with default options, and a workflow that decides.',
    run: order,
  },
  visible: {
    work:
      'From the checkout to the row in `orders`, on the whole system over HTTP, at half of the order rate that the system ' +
      'bears. By the database: from the locks of the checkout to the insert of the order.',
    comparedWith: 'The claim of a legacy service: usually 100 ms.',
    run: visible,
  },
  open: {
    work:
      'Open orders. 100,000 rows: the latency of 200 checkouts a second over HTTP, and a turn of the reconciler, which asks ' +
      'Temporal for each order. 2,000 real workflows, because Temporal cannot start more in the time of a benchmark: how ' +
      "late other orders expire, and the worker's memory. The worker keeps 600 workflows in its cache.",
    comparedWith:
      '1,000 rows; a second for a turn and for a deadline; and, for the memory, 1,400 workflows, which fill the cache.',
    run: open,
  },
  expire: {
    work:
      '10,000 unpaid orders of one SKU with one deadline, while 200 buyers a second buy the SKU over HTTP, on the whole ' +
      'system: how long past the deadline the stock is free. 1,000 of the orders have a workflow.',
    comparedWith:
      'A transaction for each order, two at a time; the goal of a second; and, for the buyers, a quiet time before the ' +
      'deadline.',
    run: expire,
  },
  peers: {
    work:
      'The whole job over HTTP, from the same client: checkouts of one SKU on 64 connections, the time from a webhook to ' +
      '`paid` while 10 orders a second are placed and paid, whole orders until no engine has work for them, and their CPU with all servers. ' +
      'The bridge and the worker run. Each system is checked first: stock that sells out, a repeated key, a repeated ' +
      'webhook, a deadline, `kill -9` between requests and under load.',
    comparedWith:
      'The same job as its users would write it with other tools: `bench/peers`. Their shops check no signature and no ' +
      'token, keep no timeline and have no operators. `PEERS=bullmq` limits the run to some of them.',
    run: peers,
  },
};
