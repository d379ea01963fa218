import { v7 as uuid } from 'uuid';
import type { Faults } from './faults.js';
import type { Payment } from './ledger.js';
import type { Delivery, WebhookSender } from './webhook-sender.js';

interface Options {
  readonly webhookId?: string | undefined;
  /** The address, where it is not the shop's usual one. */
  readonly url?: string | undefined;
  readonly times?: number;
}

/** Sends the webhooks about payments, and remembers the deliveries of each payment. */
export function createNotifier(deps: {
  readonly sender: WebhookSender;
  readonly faults: Faults;
  readonly webhookUrl: string;
  readonly clock: () => Date;
}) {
  const { sender, faults, clock } = deps;
  const deliveries = new Map<string, Delivery[]>();
  let usualUrl = deps.webhookUrl;

  return {
    deliveriesOf: (paymentId: string): readonly Delivery[] => deliveries.get(paymentId) ?? [],
    sendTo(url: string): void {
      usualUrl = url;
    },
    /** Sends what has happened to a payment afterwards. @returns the webhook's id */
    async report(type: string, data: object): Promise<string> {
      const webhookId = `msg_${uuid()}`;
      const body = JSON.stringify({ type, timestamp: clock().toISOString(), data });
      if (!faults.dropsWebhook()) await sender.send({ webhookId, url: usualUrl, body }, () => undefined);
      return webhookId;
    },
    /** Resolves after the first attempt of each copy. A webhook that a fault drops has no delivery. */
    async notify(
      payment: Payment,
      type: string,
      { webhookId = `msg_${uuid()}`, url = usualUrl, times = 1 }: Options = {},
    ) {
      const { paymentId, orderId, amount, currency } = payment;
      const data = { paymentId, orderId, amount, currency };
      const body = JSON.stringify({ type, timestamp: clock().toISOString(), data });
      const all = deliveries.get(paymentId) ?? [];
      deliveries.set(paymentId, all);
      const own: Delivery[] = [];
      const record = (delivery: Delivery) => {
        all.push(delivery);
        own.push(delivery);
      };
      const sent = Array.from({ length: times }).filter(() => !faults.dropsWebhook());
      // All copies are sent at the same time, to test the shop with duplicates that overlap.
      await Promise.all(sent.map(() => sender.send({ webhookId, url, body }, record)));
      return { webhookId, deliveries: own };
    },
  };
}

export type Notifier = ReturnType<typeof createNotifier>;
