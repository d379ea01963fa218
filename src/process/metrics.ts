import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** The metrics of a process, for `/metrics`. No label holds an id or a token. */
export function createMetrics(process: string) {
  const registry = new Registry();
  registry.setDefaultLabels({ process });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter({ name, help, labelNames, registers });
  return {
    registry,
    checkouts: counter('orders_checkouts_total', 'checkouts by what became of them', ['result']),
    webhooks: counter('orders_webhook_events_total', 'webhooks by what became of them', ['provider', 'type', 'result']),
    deliveries: counter('orders_deliveries_total', 'messages by queue and outcome', ['queue', 'outcome']),
    swept: counter('orders_swept_total', 'work that a crash or an outage left behind, picked up later', ['what']),
    delivered: new Counter({
      name: 'orders_events_delivered_total',
      help: 'events that the broker has confirmed',
      registers: process === 'bridge' ? registers : [],
    }),
    endpointDeliveries: new Counter({
      name: 'orders_endpoint_deliveries_total',
      help: 'deliveries to endpoints by what became of them',
      labelNames: ['result'],
      registers: process === 'bridge' ? registers : [],
    }),
    /** A gauge that calls `read` at each request of `/metrics`. */
    gauge: (name: string, help: string, read: () => number) =>
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      }),
  };
}
