import { randomUUID } from 'node:crypto';

/** The actions of a shop's customer and of the payment provider, over real HTTP. */

export interface Placed {
  readonly orderId: string;
  readonly status: string;
  readonly amount: number;
  readonly currency: string;
  readonly expiresAt: string;
  readonly readToken: string;
}

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

export interface OrderAnswer {
  readonly status: string;
  readonly cancelReason: string | null;
  readonly refund: string;
}

export interface ProviderPayment {
  readonly paymentId: string;
  readonly refunds: readonly { readonly refundId: string; readonly amount: number }[];
  /** Of the webhooks. */
  readonly deliveries: readonly object[];
}

export interface Customers {
  /** @param userId null for a guest @param more fields of the checkout that only the shop's backend may use */
  readonly buy: (
    userId: number | null,
    items: readonly { readonly sku: string; readonly quantity: number }[],
    key?: string,
    more?: object,
  ) => Promise<Answer<Placed & { readonly type?: string }>>;
  readonly look: (order: Placed) => Promise<OrderAnswer>;
  /** Pays at the provider, which sends a webhook to the shop. Returns the payment's id. */
  readonly pay: (order: Placed) => Promise<string>;
  readonly payment: (paymentId: string) => Promise<ProviderPayment>;
  /** Begins a payment at the shop. Returns the address of the provider's page. */
  readonly begin: (order: Placed) => Promise<{ readonly paymentId: string; readonly url: string }>;
  /** Presses the button of the page. */
  readonly payOnPage: (url: string) => Promise<void>;
  /** The provider never sends its next webhook. */
  readonly loseNextWebhook: () => Promise<void>;
}

/** @param at.token of the shop's backend, where a checkout needs it */
export function createCustomers(at: {
  readonly shop: string;
  readonly provider: string;
  readonly token?: string | undefined;
}): Customers {
  const { shop, provider, token } = at;
  const asBackend = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return {
    buy: (userId, items, key = randomUUID(), more = {}) =>
      request(`${shop}/checkout`, {
        method: 'POST',
        headers: { 'idempotency-key': key, ...asBackend },
        body: { ...(userId !== null && { userId }), items, ...more },
      }),
    async look({ orderId, readToken }) {
      const headers = { authorization: `Bearer ${readToken}` };
      return (await request<OrderAnswer>(`${shop}/orders/${orderId}`, { headers })).body;
    },
    async pay({ orderId, amount, currency }) {
      const paymentId = `pay_${randomUUID()}`;
      const body = { paymentId, orderId, amount, currency, webhookUrl: `${shop}/webhooks/payment` };
      const { status } = await request(`${provider}/payments`, { method: 'POST', body });
      if (status >= 300) throw new Error(`the provider answered ${status} to a payment`);
      return paymentId;
    },
    payment: async (paymentId) => (await request<ProviderPayment>(`${provider}/payments/${paymentId}`, {})).body,
    async begin({ orderId, readToken }) {
      const headers = { authorization: `Bearer ${readToken}` };
      const { status, body } = await request<{ paymentId: string; url: string }>(`${shop}/orders/${orderId}/payments`, {
        ...{ method: 'POST', headers, body: {} },
      });
      if (status >= 300)
        throw new Error(`the shop answered ${status} to the begin of a payment: ${JSON.stringify(body)}`);
      return body;
    },
    async payOnPage(url) {
      const body = new URLSearchParams({ choice: 'pay' });
      const { status } = await fetch(url, { method: 'POST', body, redirect: 'manual' });
      if (status !== 303) throw new Error(`the page of the provider answered ${status}`);
    },
    async loseNextWebhook() {
      const body = { webhooks: { dropNext: 1 } };
      const { status } = await request(`${provider}/faults`, { method: 'POST', body });
      if (status >= 300) throw new Error(`the provider answered ${status} to a fault`);
    },
  };
}

async function request<T>(
  url: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: object },
): Promise<Answer<T>> {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(20_000),
  });
  return { status: response.status, body: (await response.json()) as T };
}
