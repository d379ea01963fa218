import type { ExecutionContext } from 'ava';
import { pino } from 'pino';
import type { Pool } from '../../src/db/driver/pool.js';
import type { AskedBegin } from '../../src/domain/begun-payment.js';
import { createWorkerActivities } from '../../src/worker/activities.js';
import { paymentEvent } from '../db/payment-events.js';
import { createDesk, startProvider } from './begun.js';
import { placeOrder, rows, shopDatabase } from './database.js';

const json = { 'content-type': 'application/json' };

/** The worker's activities, on a database and a provider that authorises. */
export const workerOf = (pool: Pool, provider: { readonly url: string; readonly token: string }, stripe?: string) =>
  createWorkerActivities({
    pool,
    config: {
      PAYMENT_PROVIDER_URL: provider.url,
      PAYMENT_PROVIDER_TOKEN: provider.token,
      PAYMENT_CAPTURE: 'at-settlement',
      STRIPE_SECRET_KEY: stripe === undefined ? undefined : 'sk_test_1',
      STRIPE_API_URL: stripe ?? 'http://127.0.0.1:9',
      STRIPE_CAPTURE: 'at-settlement',
      REMIND_BEFORE: undefined,
      LATE_PAYMENTS: 'refund',
      LATE_SALES_WITHIN: 60_000,
    },
    log: pino({ level: 'silent' }),
  });

/** A shop whose provider authorises what begins here. */
export async function authorisingShop(t: ExecutionContext) {
  const { pool, url: databaseUrl } = await shopDatabase(t);
  const provider = await startProvider(t, 'at-settlement');
  const desk = createDesk(pool, [provider.provider]);
  const worker = workerOf(pool, provider);
  const at = (path: string, body: object = {}) =>
    fetch(`${provider.url}${path}`, { method: 'POST', headers: json, body: JSON.stringify(body) });
  return {
    pool,
    databaseUrl,
    desk,
    worker,
    providerUrl: provider.url,
    ...provider,
    at,
    /** A person captures a part in the dashboard. */
    captureThere: (paymentId: string, amount: number) =>
      fetch(`${provider.url}/payments/${paymentId}/capture`, {
        method: 'POST',
        headers: { ...json, authorization: `Bearer ${provider.token}`, 'idempotency-key': 'by hand' },
        body: JSON.stringify({ amount, currency: 'EUR' }),
      }),
    /** A customer has authorised the payment of a new order, and the webhook is lost. */
    async authorised(more: Partial<AskedBegin> = {}) {
      const order = await placeOrder(pool);
      const { reference } = await desk.begun(order.orderId, more);
      await provider.pay(reference);
      return { ...order, reference, authorisation: authorisationOf({ ...order, reference }) };
    },
    /** What the provider says of a payment. */
    there: async (paymentId: string) => (await (await fetch(`${provider.url}/payments/${paymentId}`)).json()) as There,
  };
}

interface There {
  readonly status: string;
  readonly amount: number;
  readonly refunds: readonly { readonly amount: number }[];
}

/** The webhook of an authorisation. */
export const authorisationOf = (of: {
  readonly reference: string;
  readonly orderId: string;
  readonly amount: number;
  readonly currency: string;
}) =>
  paymentEvent({
    provider: 'standard-webhooks',
    type: 'payment.authorised',
    eventId: `authorised ${of.reference}`,
    paymentId: of.reference,
    orderId: of.orderId,
    amount: of.amount,
    currency: of.currency,
  });

/** A payment beside its authorisation. */
export const booked = async (pool: Pool, paymentId: string) =>
  (
    await rows(
      pool,
      `SELECT p.status, p.uncaptured_amount AS uncaptured, p.refund_reason AS reason, a.state, a.attempt, a.failure
       FROM payments p LEFT JOIN authorisations a ON a.payment_id = p.payment_id WHERE p.payment_id = ?`,
      [paymentId],
    )
  )[0];
