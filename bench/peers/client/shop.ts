import { Webhook } from 'standardwebhooks';
import { type Dispatcher, Pool } from 'undici';
import type { Dialect, Order } from './task.js';

export type Answer = { readonly kind: 'placed'; readonly order: Order } | { readonly kind: 'out-of-stock' };

export interface Shop {
  readonly checkout: (line: { sku: string; price: number; userId: number; key: string }) => Promise<Answer>;
  /** Sends the webhook until the shop answers 2xx: providers repeat a webhook that was refused. */
  readonly pay: (order: Order, paymentId: string) => Promise<void>;
  readonly statusOf: (order: Order) => Promise<string>;
  readonly close: () => Promise<void>;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const RETRY_MS = 20;
const MOST_RETRIES = 500;

export function createShop(url: string, connections: number, dialect: Dialect): Shop {
  const pool = new Pool(url, { connections, pipelining: 1 });
  const webhook = dialect.kind === 'ours' ? new Webhook(dialect.webhookSecret) : undefined;

  /** Not `pool.request`: its stream for the answer's body doubles the CPU time of a request. */
  function send(method: 'GET' | 'POST', path: string, headers: Record<string, string>, body?: string) {
    return new Promise<{ status: number; text: string }>((resolve, reject) => {
      let status = 0;
      const chunks: Buffer[] = [];
      const handler: Dispatcher.DispatchHandler = {
        onRequestStart: () => undefined,
        onResponseStart(_controller, statusCode) {
          status = statusCode;
        },
        onResponseData: (_controller, chunk) => void chunks.push(chunk),
        onResponseEnd: () => resolve({ status, text: Buffer.concat(chunks).toString() }),
        onResponseError: (_controller, error) => reject(error),
      };
      pool.dispatch({ method, path, headers, body: body ?? null }, handler);
    });
  }

  function webhookRequest(order: Order, paymentId: string) {
    const { orderId, amount } = order;
    if (dialect.kind === 'peer') return { headers: JSON_TYPE, body: JSON.stringify({ orderId, paymentId, amount }) };
    const { currency } = dialect;
    const body = JSON.stringify({ type: 'payment.succeeded', data: { paymentId, orderId, amount, currency } });
    const at = new Date();
    const signature = webhook?.sign(paymentId, at, body) ?? '';
    const stamp = String(Math.floor(at.getTime() / 1000));
    const signed = { 'webhook-id': paymentId, 'webhook-timestamp': stamp, 'webhook-signature': signature };
    return { headers: { ...JSON_TYPE, ...signed }, body };
  }

  return {
    async checkout({ sku, price, userId, key }) {
      const body = JSON.stringify({ userId, items: [{ sku, quantity: 1 }] });
      const { status, text } = await send('POST', '/checkout', { ...JSON_TYPE, 'idempotency-key': key }, body);
      if (status === 409) return { kind: 'out-of-stock' };
      if (status !== 201) throw new Error(`POST /checkout answered ${status}: ${text.slice(0, 200)}`);
      const { orderId, readToken } = JSON.parse(text);
      return { kind: 'placed', order: { orderId, amount: price, readToken } };
    },
    async pay(order, paymentId) {
      for (let attempt = 0; attempt < MOST_RETRIES; attempt++) {
        const { headers, body } = webhookRequest(order, paymentId);
        const { status, text } = await send('POST', '/webhooks/payment', headers, body);
        if (status < 300) return;
        if (status !== 503) throw new Error(`POST /webhooks/payment answered ${status}: ${text.slice(0, 200)}`);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
      throw new Error(`POST /webhooks/payment answered 503 ${MOST_RETRIES} times`);
    },
    async statusOf({ orderId, readToken }) {
      const headers = readToken === undefined ? {} : { authorization: `Bearer ${readToken}` };
      const { status, text } = await send('GET', `/orders/${orderId}`, headers);
      if (status !== 200) throw new Error(`GET /orders/${orderId} answered ${status}: ${text.slice(0, 200)}`);
      return JSON.parse(text).status;
    },
    close: () => pool.destroy(),
  };
}
