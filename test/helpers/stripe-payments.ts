/**
 * Stripe's API for payment intents and Checkout Sessions, in memory: https://docs.stripe.com/api/payment_intents and
 * https://docs.stripe.com/api/checkout/sessions. A key that is used again returns its first answer, and with another body
 * an error (https://docs.stripe.com/api/idempotent_requests).
 */

export type StripeAnswer = readonly [status: number, body: object];

export interface StripeIntent {
  readonly object: 'payment_intent';
  readonly id: string;
  readonly status: 'requires_payment_method' | 'requires_capture' | 'processing' | 'succeeded' | 'canceled';
  readonly capture_method: string;
  readonly amount_capturable: number;
  readonly amount: number;
  readonly amount_received: number;
  readonly currency: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly client_secret: string;
  readonly created: number;
}

interface StripeSession {
  readonly object: 'checkout.session';
  readonly id: string;
  readonly status: 'open' | 'complete' | 'expired';
  readonly payment_status: 'paid' | 'unpaid';
  readonly payment_intent: string | null;
  readonly amount_total: number;
  readonly currency: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly client_reference_id: string | null;
  readonly url: string | null;
  readonly created: number;
  readonly ofIntent: Readonly<Record<string, string>>;
  readonly capture_method: string | null;
}

export type StripePayments = ReturnType<typeof createStripePayments>;

export function createStripePayments() {
  const intents = new Map<string, StripeIntent>();
  const sessions = new Map<string, StripeSession>();
  const answers = new Map<string, { readonly form: string; readonly answer: StripeAnswer }>();
  let made = 0;
  const now = () => Math.floor(Date.now() / 1_000);

  function putIntent(form: URLSearchParams, metadata: Readonly<Record<string, string>>): StripeIntent {
    const id = `pi_begun${++made}`;
    const intent: StripeIntent = {
      ...{ object: 'payment_intent', id, status: 'requires_payment_method', amount_received: 0 },
      ...{ capture_method: form.get('capture_method') ?? 'automatic_async', amount_capturable: 0 },
      ...{ amount: Number(form.get('amount')), currency: form.get('currency') ?? '', metadata },
      ...{ client_secret: `${id}_secret_${'s'.repeat(20)}`, created: now() },
    };
    intents.set(id, intent);
    return intent;
  }

  function putSession(form: URLSearchParams): StripeSession {
    const id = `cs_test_begun${++made}`;
    const session: StripeSession = {
      ...{ object: 'checkout.session', id, status: 'open', payment_status: 'unpaid', payment_intent: null },
      amount_total: Number(form.get('line_items[0][price_data][unit_amount]')),
      currency: form.get('line_items[0][price_data][currency]') ?? '',
      metadata: metadataIn(form, 'metadata'),
      client_reference_id: form.get('client_reference_id'),
      url: `https://checkout.stripe.com/c/pay/${id}`,
      created: now(),
      ofIntent: metadataIn(form, 'payment_intent_data[metadata]'),
      capture_method: form.get('payment_intent_data[capture_method]'),
    };
    sessions.set(id, session);
    return session;
  }

  function once(key: string, form: URLSearchParams, work: () => StripeAnswer): StripeAnswer {
    const earlier = answers.get(key);
    if (earlier !== undefined) {
      if (earlier.form === form.toString()) return earlier.answer;
      return invalid('Keys for idempotent requests can only be used with the same parameters', {
        type: 'idempotency_error',
      });
    }
    const answer = work();
    answers.set(key, { form: form.toString(), answer });
    return answer;
  }

  function page<T extends { readonly id: string; readonly created: number }>(all: Iterable<T>, query: URLSearchParams) {
    const [from, to, after] = ['created[gte]', 'created[lt]', 'starting_after'].map((name) => query.get(name));
    const status = query.get('status');
    // The newest first, as Stripe lists.
    const found = [...all]
      .reverse()
      .filter(({ created }) => created >= Number(from) && created < Number(to ?? Infinity));
    const wanted = found.filter((one) => status === null || ('status' in one && one.status === status));
    const start = after === null || after === undefined ? 0 : wanted.findIndex(({ id }) => id === after) + 1;
    const data = wanted.slice(start, start + Number(query.get('limit') ?? 10));
    return { object: 'list', data, has_more: start + data.length < wanted.length, url: '/v1' };
  }

  function cancel(id: string): StripeAnswer {
    const intent = intents.get(id);
    if (intent === undefined) return missing(id);
    if (intent.status !== 'requires_payment_method' && intent.status !== 'requires_capture') {
      const message = `You cannot cancel this PaymentIntent because it has a status of ${intent.status}.`;
      return invalid(message, { code: 'payment_intent_unexpected_state' });
    }
    const canceled: StripeIntent = { ...intent, status: 'canceled', amount_capturable: 0 };
    intents.set(id, canceled);
    return [200, canceled];
  }

  function capture(id: string, form: URLSearchParams): StripeAnswer {
    const intent = intents.get(id);
    if (intent === undefined) return missing(id);
    const asked = Number(form.get('amount_to_capture') ?? intent.amount_capturable);
    if (intent.status !== 'requires_capture') {
      const message = `This PaymentIntent could not be captured because it has a status of ${intent.status}.`;
      return invalid(message, { code: 'payment_intent_unexpected_state' });
    }
    if (asked > intent.amount_capturable)
      return invalid('greater than the capturable amount', { code: 'amount_too_large' });
    const captured: StripeIntent = { ...intent, status: 'succeeded', amount_capturable: 0, amount_received: asked };
    intents.set(id, captured);
    return [200, captured];
  }

  function expire(id: string): StripeAnswer {
    const session = sessions.get(id);
    if (session === undefined) return missing(id);
    if (session.status !== 'open') return invalid(`Only Checkout Sessions with a status in ["open"] can be expired.`);
    const expired: StripeSession = { ...session, status: 'expired', url: null };
    sessions.set(id, expired);
    return [200, expired];
  }

  function shownSession(session: StripeSession, query: URLSearchParams): object {
    const expanded = query.get('expand[0]') === 'payment_intent' && session.payment_intent !== null;
    return { ...session, ...(expanded && { payment_intent: intents.get(session.payment_intent ?? '') }) };
  }

  return {
    intents: () => [...intents.values()],
    sessions: () => [...sessions.values()],
    /** The customer pays: at once, or by a bank that decides later. */
    pay(id: string, status: 'succeeded' | 'processing' = 'succeeded'): StripeIntent {
      const session = sessions.get(id);
      if (session?.status === 'open') {
        const { amount_total: total, currency, capture_method: capture } = session;
        const form = new URLSearchParams({
          amount: String(total),
          currency,
          ...(capture && { capture_method: capture }),
        });
        const intent = putIntent(form, session.ofIntent);
        const payment_status = status === 'succeeded' && capture !== 'manual' ? 'paid' : 'unpaid';
        sessions.set(id, { ...session, status: 'complete', payment_status, payment_intent: intent.id, url: null });
        return this.pay(intent.id, status);
      }
      const intent = intents.get(id);
      if (intent === undefined || intent.status === 'canceled') throw new Error(`${id} cannot be paid`);
      if (status === 'succeeded' && intent.capture_method === 'manual') {
        const held: StripeIntent = { ...intent, status: 'requires_capture', amount_capturable: intent.amount };
        intents.set(id, held);
        return held;
      }
      const paid: StripeIntent = { ...intent, status, amount_received: status === 'succeeded' ? intent.amount : 0 };
      intents.set(id, paid);
      for (const one of sessions.values()) {
        if (one.payment_intent === id && status === 'succeeded')
          sessions.set(one.id, { ...one, payment_status: 'paid' });
      }
      return paid;
    },
    deleteKeys: () => answers.clear(),
    /** The customer's bank ends the authorisation after some days. */
    expireAuthorisation: (id: string) => void cancel(id),
    /** @returns `undefined` for a path that is not one of these */
    answer(method: string, url: URL, form: URLSearchParams, key: string): StripeAnswer | undefined {
      const { pathname, searchParams: query } = url;
      const [, kind, id, action] =
        /^\/v1\/(payment_intents|checkout\/sessions)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(pathname) ?? [];
      if (kind === undefined) return undefined;
      const isIntent = kind === 'payment_intents';
      if (method === 'POST' && id === undefined) {
        return once(key, form, () => [
          200,
          isIntent ? putIntent(form, metadataIn(form, 'metadata')) : putSession(form),
        ]);
      }
      if (method === 'POST' && action === 'capture') return once(key, form, () => capture(id ?? '', form));
      if (method === 'POST') return action === 'cancel' ? cancel(id ?? '') : expire(id ?? '');
      if (id === undefined) return [200, isIntent ? page(intents.values(), query) : page(sessions.values(), query)];
      if (isIntent) return intents.has(id) ? [200, intents.get(id) ?? {}] : undefined;
      const session = sessions.get(id);
      return session === undefined ? missing(id) : [200, shownSession(session, query)];
    },
  };
}

function metadataIn(form: URLSearchParams, name: string): Record<string, string> {
  const entries = [...form].filter(([field]) => field.startsWith(`${name}[`));
  return Object.fromEntries(entries.map(([field, value]) => [field.slice(name.length + 1, -1), value]));
}

const invalid = (message: string, more: object = {}): StripeAnswer => [
  400,
  { error: { type: 'invalid_request_error', message, ...more } },
];
const missing = (id: string): StripeAnswer => [
  404,
  { error: { type: 'invalid_request_error', code: 'resource_missing', message: `No such payment: '${id}'` } },
];
