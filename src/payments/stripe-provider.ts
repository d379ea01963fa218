import type { Stripe } from 'stripe';
import { unavailable } from '../domain/errors.js';
import type { PaymentProvider, RefundOrder, RefundOutcome } from '../domain/payment.js';
import { fromStripe, toStripe } from './stripe-currencies.js';
import { STRIPE } from './stripe-events.js';
import { stripeLibrary } from './stripe-library.js';

/** Three calls of this length are the most that one refund makes. */
const TIMEOUT_MS = 6_000;

/**
 * Answers of a 4xx that time or an operator mends: the balance is filled up, a lock is let go. A payment that is missing
 * was told by a signed webhook: the secret key is of another account, or of the other mode.
 */
const passing = new Set([
  'balance_insufficient',
  'lock_timeout',
  'idempotency_key_in_use',
  'rate_limit',
  'resource_missing',
]);

/**
 * Refunds by Stripe's own library. A refund is of the whole payment, so that Stripe refuses a second one even when it
 * has forgotten our key, which it may after a day. Where less is left of the payment, the rest goes back.
 *
 * @param url Stripe's API, or a proxy or test server that speaks it
 */
export function createStripeProvider(options: { readonly secretKey: string; readonly url: string }): PaymentProvider {
  const { protocol, hostname, port } = new URL(options.url);
  const http = protocol === 'http:';
  const stripe = new (stripeLibrary())(options.secretKey, {
    protocol: http ? 'http' : 'https',
    host: hostname,
    port: port || (http ? 80 : 443),
    timeout: TIMEOUT_MS,
    // The workflow tries again, and shows that it does.
    maxNetworkRetries: 0,
    telemetry: false,
  });
  return {
    name: STRIPE,
    async refund(order) {
      const amount = toStripe(order.amount, order.currency);
      if (amount === undefined) return { refused: `Stripe cannot refund ${order.amount} ${order.currency}` };
      try {
        return await refund(stripe, order, amount);
      } catch (error) {
        if (isFinal(error)) return { refused: `Stripe: ${error.message}` };
        throw unavailable('Stripe', error);
      }
    },
  };
}

/** A request that Stripe understood and will refuse again. Keys and rights are an operator's to mend. */
function isFinal(error: unknown): error is Error {
  const { StripeCardError, StripeInvalidRequestError } = stripeLibrary().errors;
  if (!(error instanceof StripeInvalidRequestError || error instanceof StripeCardError)) return false;
  return !passing.has(error.code ?? '');
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
      // The error may be the key's first answer, and the refund one that was made since, with its answer lost.
      const found = await earlier(stripe, order, amount, left === undefined);
      if (found !== undefined) return found;
      if (!isBack) throw error;
      throw new Error(`${paymentId} is said to be refunded, and Stripe lists no refund of it`);
    }
    if (left >= amount) throw error;
    // Stripe answers a key with its first answer: the rest has its own.
    const made = await create(stripe, order, left, `${order.key}:rest:${left}`);
    return outcomeOf(made, fromStripe(left, order.currency));
  }
}

const create = (stripe: Stripe, { key, paymentId, reason }: RefundOrder, amount: number, idempotencyKey: string) =>
  stripe.refunds.create(
    // Stripe's own `reason` is one of three words that mean other things.
    { payment_intent: paymentId, amount, metadata: { reason, key } },
    { idempotencyKey },
  );

/** What has not gone back of a charge that can be refunded; `undefined` when none can be. */
async function leftOf(stripe: Stripe, paymentId: string): Promise<number | undefined> {
  const { latest_charge: charge } = await stripe.paymentIntents.retrieve(paymentId, { expand: ['latest_charge'] });
  if (charge === null || typeof charge === 'string' || charge.disputed) return undefined;
  return charge.amount_captured - charge.amount_refunded;
}

/**
 * The money went back before: by a try whose answer was lost, or by a person in Stripe's dashboard.
 *
 * @param onlyOurs where the charge was not refunded as a whole, so that a person's refund may be a part
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
