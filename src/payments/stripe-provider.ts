import type { Stripe } from 'stripe';
import type { CaptureAt } from '../domain/authorisation.js';
import type { ProviderWithDesk } from '../domain/begun-payment.js';
import type { RefundOrder, RefundOutcome } from '../domain/payment.js';
import { createStripeCaptures } from './stripe-captures.js';
import { fromStripe, toStripe } from './stripe-currencies.js';
import { createStripeDesk } from './stripe-desk.js';
import { isFinal, translatedStripe } from './stripe-errors.js';
import { createStripeLedger } from './stripe-ledger.js';
import { stripeLibrary } from './stripe-library.js';
import { STRIPE } from './stripe-read.js';

/** A refund makes at most three calls, within the 20 seconds of the activity (workflows/activities.ts). */
const CALL_TIMEOUT_MS = 6_000;

/**
 * Refunds by Stripe's own library. A refund of the whole payment: Stripe refuses a second refund even after it has deleted
 * our idempotency key, which it may do after a day. If a part was refunded before, the rest is refunded. A refund beside
 * others: Stripe would make it a second time after that day, so it is looked for before it is made.
 *
 * @param options.url Stripe's API, or a proxy or test server with the same API
 * @param options.capture when the money of a payment that begins here is captured; at once, if not given
 */
export function createStripeProvider(options: {
  readonly secretKey: string;
  readonly url: string;
  readonly capture?: CaptureAt;
}): ProviderWithDesk {
  const { protocol, hostname, port } = new URL(options.url);
  const http = protocol === 'http:';
  const stripe = new (stripeLibrary())(options.secretKey, {
    protocol: http ? 'http' : 'https',
    host: hostname,
    port: port || (http ? 80 : 443),
    timeout: CALL_TIMEOUT_MS,
    // The workflow retries, and shows its retries in Temporal.
    maxNetworkRetries: 0,
    telemetry: false,
  });
  return {
    name: STRIPE,
    async refund(order) {
      const amount = toStripe(order.amount, order.currency);
      if (amount === undefined) return { refused: `Stripe cannot refund ${order.amount} ${order.currency}` };
      try {
        return await (order.beside ? refundBeside : refund)(stripe, order, amount);
      } catch (error) {
        if (isFinal(error)) return { refused: `Stripe: ${error.message}` };
        throw translatedStripe(error);
      }
    },
    ...createStripeCaptures(stripe),
    desk: createStripeDesk(stripe, options.capture ?? 'at-once'),
    ledger: createStripeLedger(stripe),
  };
}

async function refund(stripe: Stripe, order: RefundOrder, amount: number): Promise<RefundOutcome> {
  try {
    return outcomeOf(await create(stripe, order, amount, order.key));
  } catch (error) {
    if (!isFinal(error)) throw error;
    const { paymentId } = order;
    const isBack = 'code' in error && error.code === 'charge_already_refunded';
    const left = isBack ? 0 : await leftOf(stripe, paymentId);
    if (left === undefined || left === 0) {
      // Stripe repeats the key's first answer. A refund may have been made since, with its answer lost.
      const found = await earlier(stripe, order, amount, left === undefined);
      if (found !== undefined) return found;
      if (!isBack) throw error;
      throw new Error(`Stripe calls ${paymentId} refunded, and lists no refund of it`);
    }
    if (left >= amount) throw error;
    // Stripe repeats the first answer to a key, so the refund of the rest has a key of its own.
    const made = await create(stripe, order, left, `${order.key}:rest:${left}`);
    return outcomeOf(made, fromStripe(left, order.currency));
  }
}

async function refundBeside(stripe: Stripe, order: RefundOrder, amount: number): Promise<RefundOutcome> {
  const { key, paymentId } = order;
  for await (const { id, status, metadata } of stripe.refunds.list({ payment_intent: paymentId, limit: 100 })) {
    if (metadata?.['key'] === key) return outcomeOf({ id, status });
  }
  return outcomeOf(await create(stripe, order, amount, order.key));
}

const create = (stripe: Stripe, { key, paymentId, reason }: RefundOrder, amount: number, idempotencyKey: string) =>
  stripe.refunds.create(
    // Stripe's own `reason` is one of three words that mean other things.
    { payment_intent: paymentId, amount, metadata: { reason, key } },
    { idempotencyKey },
  );

/** The amount of the charge that is not refunded yet, in Stripe's units; `undefined` when nothing can be refunded. */
async function leftOf(stripe: Stripe, paymentId: string): Promise<number | undefined> {
  const { latest_charge: charge } = await stripe.paymentIntents.retrieve(paymentId, { expand: ['latest_charge'] });
  if (charge === null || typeof charge === 'string' || charge.disputed) return undefined;
  return charge.amount_captured - charge.amount_refunded;
}

/**
 * Finds a refund that was made before: by an attempt whose answer was lost, or by a person in Stripe's dashboard.
 *
 * @param asked the amount of the refund, in Stripe's units
 * @param onlyOurs ignores refunds by a person, since they may be of a part of the payment
 */
async function earlier(
  stripe: Stripe,
  { key, paymentId, currency }: RefundOrder,
  asked: number,
  onlyOurs: boolean,
): Promise<RefundOutcome | undefined> {
  const { data } = await stripe.refunds.list({ payment_intent: paymentId, limit: 100 });
  const alive = data.filter(({ status }) => !isLost(status));
  const ours = alive.find(({ metadata }) => metadata?.['key'] === key);
  if (ours !== undefined) return outcomeOf(ours, ours.amount < asked ? fromStripe(ours.amount, currency) : undefined);
  const [found] = onlyOurs ? [] : alive;
  return found && outcomeOf(found);
}

type Made = Pick<Stripe.Refund, 'id' | 'status'>;

function outcomeOf({ id, status }: Made, amount?: number): RefundOutcome {
  if (isLost(status)) return { refused: `Stripe's refund ${id} is ${status}` };
  return amount === undefined ? { refundId: id } : { refundId: id, amount };
}

const isLost = (status: string | null): boolean => status === 'failed' || status === 'canceled';
