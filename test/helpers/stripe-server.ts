import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createStripeBalance, type StripeBalance } from './stripe-balance.js';
import { createStripePayments, type StripePayments } from './stripe-payments.js';

/**
 * A server with Stripe's API for refunds and payments, and with faults for tests. A repeated key returns its first
 * answer, also an error (https://docs.stripe.com/api/idempotent_requests), and refunds count in their charge
 * (https://docs.stripe.com/refunds).
 */
export interface StripeServer {
  readonly url: string;
  /** The requests for refunds, in order. */
  readonly asked: readonly { readonly key: string; readonly authorization: string; readonly paymentIntent: string }[];
  readonly refundsOf: (paymentIntent: string) => readonly StripeRefund[];
  /** The payments that begin here. */
  readonly payments: StripePayments;
  /** The movements of the money: payments, refunds, and what happens in the dashboard. */
  readonly balance: StripeBalance;
  /** Fails the next requests, before the refund or the payment is made, or after it (its answer is lost). */
  readonly fail: (next: number, when?: 'before' | 'after') => void;
  /** Deletes the stored answers of all keys, as Stripe may after a day. */
  readonly deleteKeys: () => void;
  /** Changes a charge, for example to a partly refunded or a disputed charge. */
  readonly charge: (paymentIntent: string, charge: Partial<StripeCharge>) => void;
  /** Refuses each further refund with this error. */
  readonly refuse: (error: { readonly status?: number; readonly type?: string; readonly code?: string }) => void;
  /** Sets the status of new refunds. */
  readonly setRefundStatus: (status: string) => void;
  readonly close: () => Promise<void>;
}

export interface StripeRefund {
  readonly id: string;
  readonly amount: number;
  readonly status: string;
  readonly payment_intent: string;
  readonly metadata: { readonly reason: string | null; readonly key: string | null };
}

export interface StripeCharge {
  readonly amount_captured: number;
  readonly amount_refunded: number;
  readonly disputed: boolean;
}

export async function startStripe(): Promise<StripeServer> {
  const refunds: StripeRefund[] = [];
  const answers = new Map<string, Answer>();
  const asked: { key: string; authorization: string; paymentIntent: string }[] = [];
  let fault = { next: 0, when: 'before' };
  let status = 'succeeded';
  const charges = new Map<string, StripeCharge>();
  let refusal: Answer | undefined;
  const balance = createStripeBalance();
  const begun = createStripePayments();
  const payments: StripePayments = {
    ...begun,
    pay(id, wanted) {
      const intent = begun.pay(id, wanted);
      if (intent.status === 'succeeded') balance.charge(intent);
      return intent;
    },
  };

  const failing = (when: string): boolean => {
    if (fault.next === 0 || fault.when !== when) return false;
    fault = { ...fault, next: fault.next - 1 };
    return true;
  };

  function refund(key: string, form: URLSearchParams): Answer {
    if (failing('before')) return broken;
    const answer = answers.get(key) ?? make(form);
    answers.set(key, answer);
    return answer[0] === 200 && failing('after') ? broken : answer;
  }

  function make(form: URLSearchParams): Answer {
    const [intent, amount] = [form.get('payment_intent') ?? '', Number(form.get('amount'))];
    const charge = charges.get(intent) ?? { ...whole, amount_captured: amount };
    const left = charge.amount_captured - charge.amount_refunded;
    if (charge.amount_captured > 0 && left === 0) return alreadyRefunded;
    if (refusal !== undefined) return refusal;
    if (charge.disputed) return refused('charge_disputed', 'has been charged back');
    if (amount > left) return refused(undefined, `is greater than unrefunded amount ${left}`);
    const metadata = { reason: form.get('metadata[reason]'), key: form.get('metadata[key]') };
    const made = { id: `re_${refunds.length + 1}`, amount, status, payment_intent: intent, metadata };
    refunds.push(made);
    balance.refund({ ...made, currency: currencyOf(intent) }, status);
    const counts = status !== 'failed' && status !== 'canceled';
    charges.set(intent, { ...charge, amount_refunded: charge.amount_refunded + (counts ? amount : 0) });
    return [200, { object: 'refund', ...made }];
  }

  const currencyOf = (intent: string) => payments.intents().find(({ id }) => id === intent)?.currency ?? 'eur';

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://stripe');
    let answer: Answer = [404, { error: { type: 'invalid_request_error', message: `no ${url.pathname}` } }];
    const form = new URLSearchParams(await bodyOf(request));
    const key = String(request.headers['idempotency-key']);
    const isRefund = url.pathname === '/v1/refunds';
    const isBroken = !isRefund && failing('before');
    const ofPayment = isBroken ? broken : payments.answer(request.method ?? '', url, form, key);
    if (request.method === 'POST' && isRefund) {
      const authorization = String(request.headers.authorization);
      asked.push({ key, authorization, paymentIntent: form.get('payment_intent') ?? '' });
      answer = refund(key, form);
    } else if (isRefund) {
      const data = refunds.filter((one) => one.payment_intent === url.searchParams.get('payment_intent'));
      answer = [200, { object: 'list', data, has_more: false, url: url.pathname }];
    }
    const [, intent] = /^\/v1\/payment_intents\/(.+)$/.exec(url.pathname) ?? [];
    if (intent !== undefined) {
      const charge = charges.get(intent) ?? whole;
      const expanded = url.searchParams.get('expand[0]') === 'latest_charge';
      answer = [200, { object: 'payment_intent', id: intent, latest_charge: expanded ? charge : 'ch_1' }];
    }
    if (ofPayment !== undefined) answer = !isBroken && failing('after') ? broken : ofPayment;
    const paid = balance.chargeOf(intent ?? '');
    if (paid !== undefined && url.searchParams.get('expand[0]') === 'latest_charge')
      answer = [answer[0], { ...answer[1], latest_charge: paid }];
    const ofBalance = isBroken ? undefined : balance.answer(request.method ?? '', url);
    if (ofBalance !== undefined) answer = ofBalance;
    response.writeHead(answer[0], { 'content-type': 'application/json' }).end(JSON.stringify(answer[1]));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    payments,
    balance,
    refundsOf: (paymentIntent) => refunds.filter((one) => one.payment_intent === paymentIntent),
    fail: (next, when = 'before') => {
      fault = { next, when };
    },
    charge: (intent, given) => void charges.set(intent, { ...whole, ...given }),
    refuse: ({ status: code = 400, ...error }) => {
      refusal = [code, { error: { type: 'invalid_request_error', message: 'refused by the test', ...error } }];
    },
    deleteKeys() {
      answers.clear();
      payments.deleteKeys();
    },
    setRefundStatus: (now) => {
      status = now;
    },
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The default charge of a payment; later refunds of it count. */
const whole: StripeCharge = { amount_captured: 1250, amount_refunded: 0, disputed: false };

type Answer = readonly [status: number, body: object];
const broken: Answer = [500, { error: { type: 'api_error', message: 'asked for by the test' } }];
const refused = (code: string | undefined, message: string): Answer => [
  400,
  { error: { type: 'invalid_request_error', ...(code && { code }), message } },
];
const alreadyRefunded: Answer = [
  400,
  { error: { type: 'invalid_request_error', code: 'charge_already_refunded', message: 'already refunded' } },
];

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
