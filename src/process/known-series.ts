import type { Counter } from 'prom-client';
import type { Outcome } from '../amqp/delivery.js';
import { MONEY_REPORTS } from '../domain/money-report.js';
import type { CheckoutAnswer } from '../http/place-checkout.js';
import type { WebhookAnswer } from '../http/webhook-route.js';
import type { createMetrics } from './metrics.js';

/**
 * Starts each series of a counter at 0. `increase` of Prometheus does not count the event that creates a series: the
 * first dead letter would raise no alert.
 */

type Metrics = ReturnType<typeof createMetrics>;

const checkoutResults: Readonly<Record<CheckoutAnswer, true>> = {
  reserved: true,
  replayed: true,
  'out-of-stock': true,
  'unknown-sku': true,
  'not-for-sale': true,
  'too-many-of-product': true,
  'mixed-currency': true,
  'key-reused': true,
  'too-many-open-orders': true,
  'too-many-units': true,
  'amount-not-payable': true,
  'amount-too-large': true,
  'amount-negative': true,
  'reference-used': true,
  overloaded: true,
  unavailable: true,
  failed: true,
};

const payments = ['payment.succeeded', 'payment.authorised', 'payment.processing', 'payment.failed'];
const reported = [...payments, ...MONEY_REPORTS];
/** The types of event with which each result is counted. `unknown` is for an event whose type was not read. */
const webhookTypes: Readonly<Record<WebhookAnswer, readonly string[]>> = {
  stored: reported,
  repeated: reported,
  contradicting: reported,
  unplaced: reported,
  foreign: reported,
  conflict: reported,
  failed: reported,
  unreadable: [...payments, 'unknown'],
  ignored: ['unknown'],
  refused: ['unknown'],
};

const outcomes: Readonly<Record<Outcome['kind'] | 'put-back', true>> = {
  ack: true,
  retry: true,
  park: true,
  'put-back': true,
};

const swept = [
  'begun-payments',
  'captures',
  'deadlines',
  'order-refunds',
  'outbox',
  'overdue',
  'orders',
  'payments',
  'provider-reports',
  'refunds',
  'reports',
  'unplaced',
];

export function beginApiSeries({ checkouts, webhooks }: Metrics, readers: readonly { readonly name: string }[]): void {
  const provider = readers.map(({ name }) => name);
  begin(checkouts, { result: Object.keys(checkoutResults) });
  for (const [result, type] of Object.entries(webhookTypes)) {
    begin(webhooks, { provider, type, result: [result] });
  }
}

/** @param queue the queues that the bridge consumes */
export function beginBridgeSeries(metrics: Metrics, queue: readonly string[]): void {
  const { deliveries, swept: work, endpointDeliveries } = metrics;
  begin(endpointDeliveries, { result: ['taken', 'failed', 'given-up'] });
  begin(deliveries, { queue, outcome: Object.keys(outcomes) });
  begin(work, { what: swept });
}

function begin<L extends string>(counter: Counter<L>, values: Readonly<Record<L, readonly string[]>>): void {
  let series: Partial<Record<L, string>>[] = [{}];
  for (const label of Object.keys(values) as L[]) {
    series = series.flatMap((labels) => values[label].map((value) => ({ ...labels, [label]: value })));
  }
  for (const labels of series) counter.inc(labels, 0);
}
