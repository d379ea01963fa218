import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { pino } from 'pino';
import type { BeginOrder, PaymentDesk } from '../../src/domain/begun-payment.js';
import type { PaymentEvent } from '../../src/domain/payment.js';
import { createHttpProvider } from '../../src/payments/http-provider.js';
import { createStripeProvider } from '../../src/payments/stripe-provider.js';
import { createSimulator } from '../../src/simulator/create-simulator.js';
import { startStripe } from '../helpers/stripe-server.js';
import { webhookSecret } from '../helpers/system.js';

/** Payments that begin at each provider: the same rules hold for all of them. */

interface Provider {
  readonly desk: PaymentDesk;
  readonly as: BeginOrder['as'];
  /** The customer pays. */
  readonly pay: (reference: string) => Promise<void>;
  /** The payments that the provider has. */
  readonly count: () => Promise<number>;
  readonly fail: (when: 'before' | 'after') => Promise<void>;
}

const token = 'a-token-for-the-provider';
const unavailable = { name: 'DomainError', code: 'dependency-unavailable' } as const;

const beginOf = (as: BeginOrder['as'], overrides: Partial<BeginOrder> = {}): BeginOrder => {
  const begunId = randomUUID();
  const urls = { returnUrl: 'https://shop.example.com/thanks?order=1', cancelUrl: 'https://shop.example.com/cart' };
  const price = { amount: 1250, currency: 'EUR' };
  return {
    key: `begin:${begunId}`,
    begunId,
    orderId: randomUUID(),
    ...price,
    as,
    ...urls,
    capture: 'at-once',
    ...overrides,
  };
};

async function simulator(t: ExecutionContext): Promise<Provider> {
  const logger = pino({ level: 'silent' });
  const { listen, close } = createSimulator({
    secret: webhookSecret,
    token,
    webhookUrl: 'http://127.0.0.1:9/',
    logger,
  });
  const url = await listen(0);
  t.teardown(close);
  const json = { 'content-type': 'application/json' };
  return {
    desk: createHttpProvider({ url, token }).desk,
    as: 'page',
    async pay(reference) {
      const body = new URLSearchParams({ choice: 'pay' });
      const { status } = await fetch(`${url}/pay/${reference}`, { method: 'POST', body, redirect: 'manual' });
      t.is(status, 303);
    },
    async count() {
      const answer = await fetch(`${url}/payments`);
      return ((await answer.json()) as { payments: unknown[] }).payments.length;
    },
    async fail(when) {
      await fetch(`${url}/faults`, {
        method: 'POST',
        headers: json,
        body: JSON.stringify({ begin: { failNext: 1, when } }),
      });
    },
  };
}

const stripe =
  (as: BeginOrder['as']) =>
  async (t: ExecutionContext): Promise<Provider> => {
    const server = await startStripe();
    t.teardown(server.close);
    return {
      desk: createStripeProvider({ secretKey: 'sk_test_1', url: server.url }).desk,
      as,
      pay: async (reference) => void server.payments.pay(reference),
      count: async () => server.payments.intents().length + server.payments.sessions().length,
      // The library tries three times.
      fail: async (when) => server.fail(3, when),
    };
  };

const providers = {
  'the simulator': simulator,
  'a payment intent of Stripe': stripe('client-secret'),
  'a Checkout Session of Stripe': stripe('page'),
};

async function begun(provider: Provider, order = beginOf(provider.as)) {
  const made = await provider.desk.begin(order);
  if (made.refused !== undefined) throw new Error(made.refused);
  const { begunId, orderId, as } = order;
  return { ...made, asked: { begunId, orderId, as, reference: made.reference } };
}

async function listed({ desk }: Provider, from = new Date(Date.now() - 60_000)): Promise<PaymentEvent[]> {
  const found: PaymentEvent[] = [];
  for await (const event of desk.list({ since: from, until: new Date(Date.now() + 60_000) })) found.push(event);
  return found;
}

for (const [name, start] of Object.entries(providers)) {
  test(`${name}: a payment begins once under its key, also when the first answer is lost`, async (t) => {
    const provider = await start(t);
    const order = beginOf(provider.as);
    await provider.fail('before');
    await t.throwsAsync(provider.desk.begin(order), unavailable);
    t.is(await provider.count(), 0);
    await provider.fail('after');
    const answers = await Promise.allSettled([provider.desk.begin(order)]);
    t.is(answers[0]?.status, 'rejected');
    const first = await begun(provider, order);
    t.deepEqual(await begun(provider, order), first);
    t.is(await provider.count(), 1);
    const [handle] = Object.keys(first.handle);
    t.is(handle, provider.as === 'page' ? 'url' : 'clientSecret');
    t.deepEqual(await provider.desk.ask(first.asked), { state: 'open', handle: first.handle });
  });

  test(`${name}: a payment that is closed is closed for good, and closing again changes nothing`, async (t) => {
    const provider = await start(t);
    const { asked } = await begun(provider);
    for (let time = 0; time < 2; time++) t.deepEqual(await provider.desk.close(asked), { state: 'closed' });
    t.deepEqual(await provider.desk.ask(asked), { state: 'closed' });
    t.deepEqual(await listed(provider), []);
  });

  test(`${name}: a payment that is paid is not closed, and is found by the same event in each way`, async (t) => {
    const provider = await start(t);
    const order = beginOf(provider.as);
    const { asked, reference } = await begun(provider, order);
    await provider.pay(reference);
    const closed = await provider.desk.close(asked);
    if (closed.state !== 'paid') return t.fail(closed.state);
    const { event } = closed;
    const { begunId, orderId, amount, currency } = order;
    t.like(event, {
      type: 'payment.succeeded',
      eventId: `found:${event.paymentId}`,
      orderId,
      begunId,
      amount,
      currency,
    });
    t.deepEqual(await provider.desk.ask(asked), closed);
    const [one, ...others] = await listed(provider);
    t.like(one, { eventId: event.eventId, paymentId: event.paymentId, bodySha256: event.bodySha256 });
    t.true(others.every(({ paymentId }) => paymentId === event.paymentId));
    t.deepEqual(await provider.desk.find(event.paymentId), { amount, currency });
    t.is(await provider.desk.find('pi_nobody'), undefined);
  });

  test(`${name}: the list has every payment of many pages, and none that began before`, async (t) => {
    const provider = await start(t);
    const paid = new Set<string>();
    for (let n = 0; n < 130; n++) {
      const { reference, asked } = await begun(provider);
      if (n % 2 === 0) continue;
      await provider.pay(reference);
      const { state, ...rest } = await provider.desk.ask(asked);
      t.is(state, 'paid');
      paid.add((rest as { event: PaymentEvent }).event.paymentId);
    }
    const found = new Set((await listed(provider)).map(({ paymentId }) => paymentId));
    t.deepEqual([...found].toSorted(), [...paid].toSorted());
    t.deepEqual(await listed(provider, new Date(Date.now() + 30_000)), []);
  });
}

test('a payment that waits for a bank cannot be closed, and is paid or closed later', async (t) => {
  const server = await startStripe();
  t.teardown(server.close);
  const { desk } = createStripeProvider({ secretKey: 'sk_test_1', url: server.url });
  for (const as of ['client-secret', 'page'] as const) {
    const provider = { ...(await stripe(as)(t)), desk };
    const { asked, reference } = await begun(provider);
    const { id } = server.payments.pay(reference, 'processing');
    t.is((await desk.close(asked)).state, 'processing');
    server.payments.pay(id);
    t.is((await desk.ask(asked)).state, 'paid');
  }
});

test('an amount that Stripe cannot take is refused without a call', async (t) => {
  const provider = await stripe('client-secret')(t);
  const made = await provider.desk.begin(beginOf('client-secret', { amount: 1_001, currency: 'KWD' }));
  t.regex(made.refused ?? '', /cannot take 1001 KWD/);
  t.is(await provider.count(), 0);
});
