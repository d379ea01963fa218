import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import type { CaptureOrder } from '../../src/domain/authorisation.js';
import type { BeginAs, BegunReference, ProviderWithDesk } from '../../src/domain/begun-payment.js';
import { createStripeProvider } from '../../src/payments/stripe-provider.js';
import { startProvider } from '../helpers/begun.js';
import { startStripe } from '../helpers/stripe-server.js';

/** Each provider authorises, captures once, and voids once: also after a lost answer, and after it has forgotten its keys. */

interface Bench {
  readonly provider: ProviderWithDesk;
  readonly as: BeginAs;
  readonly pay: (reference: string) => unknown;
  /** The bank ends the authorisation. */
  readonly expire: (paymentId: string) => unknown;
  readonly lose: (what: 'capture' | 'void', when: 'before' | 'after') => unknown;
  readonly forgetKeys: () => void;
  readonly state: (paymentId: string) => Promise<readonly [status: string, received: number]>;
}

async function simulator(t: ExecutionContext): Promise<Bench> {
  const { provider, url, pay, fault } = await startProvider(t, 'at-settlement');
  return {
    provider,
    as: 'page',
    pay,
    expire: (paymentId) => fetch(`${url}/payments/${paymentId}/expire`, { method: 'POST' }),
    lose: (what, when) => fault({ [what]: { failNext: 1, when } }),
    forgetKeys: () => undefined,
    async state(paymentId) {
      const { status, amount } = (await (await fetch(`${url}/payments/${paymentId}`)).json()) as {
        status: string;
        amount: number;
      };
      return [status, status === 'succeeded' ? amount : 0];
    },
  };
}

const stripe =
  (as: BeginAs) =>
  async (t: ExecutionContext): Promise<Bench> => {
    const server = await startStripe();
    t.teardown(server.close);
    const intent = (id: string) => server.payments.intents().find((one) => one.id === id);
    return {
      provider: createStripeProvider({ secretKey: 'sk_test_1', url: server.url, capture: 'at-settlement' }),
      as,
      pay: (reference) => server.payments.pay(reference),
      expire: (paymentId) => server.payments.expireAuthorisation(paymentId),
      lose: (_, when) => server.fail(1, when),
      forgetKeys: server.deleteKeys,
      state: async (id) => [intent(id)?.status ?? 'none', intent(id)?.amount_received ?? 0],
    };
  };

const benches = {
  'the simulator': simulator,
  'Stripe, by an intent': stripe('client-secret'),
  'Stripe, by a session': stripe('page'),
};

async function authorised({ provider, as, pay }: Bench) {
  const begunId = randomUUID();
  const urls = { returnUrl: 'https://shop.example.com/', cancelUrl: null };
  const price = { amount: 1250, currency: 'EUR' };
  const order = { key: `begin:${begunId}`, begunId, orderId: randomUUID(), ...price, as, ...urls };
  const begun = await provider.desk.begin({ ...order, capture: provider.desk.capture });
  if (begun.refused !== undefined) throw new Error(begun.refused);
  const asked: BegunReference = { begunId, orderId: order.orderId, as, reference: begun.reference };
  await pay(begun.reference);
  const answer = await provider.desk.ask(asked);
  if (answer.state !== 'paid') throw new Error(answer.state);
  const { paymentId } = answer.event;
  const ordered: CaptureOrder = { key: `capture:${paymentId}`, paymentId, ...price };
  return { asked, event: answer.event, paymentId, ordered };
}

for (const [name, bench] of Object.entries(benches)) {
  test(`${name}: a payment is authorised, and captured once also after a lost answer`, async (t) => {
    const here = await bench(t);
    const { provider, lose, forgetKeys, state } = here;
    const { event, paymentId, ordered } = await authorised(here);
    t.like(event, { type: 'payment.authorised', amount: 1250, currency: 'EUR' });
    t.deepEqual((await state(paymentId))[1], 0);
    const listed = [];
    for await (const one of provider.desk.list({
      since: new Date(Date.now() - 60_000),
      until: new Date(Date.now() + 60_000),
    }))
      listed.push(one);
    t.like(listed, [{ type: 'payment.authorised', paymentId, eventId: event.eventId }]);
    t.deepEqual(await provider.desk.find(paymentId), { amount: 1250, currency: 'EUR' });
    await lose('capture', 'after');
    await provider.capture(ordered).catch(() => undefined);
    t.deepEqual(await state(paymentId), ['succeeded', 1250]);
    t.deepEqual(await provider.capture(ordered), { captured: 1250 });
    forgetKeys();
    t.deepEqual(await provider.capture(ordered), { captured: 1250 });
    t.deepEqual(await provider.void({ ...ordered, key: `void:${paymentId}` }), { captured: 1250 });
  });

  test(`${name}: an authorisation is voided once also after a lost answer, and cannot be captured then`, async (t) => {
    const here = await bench(t);
    const { provider, lose, forgetKeys, state } = here;
    const { paymentId, ordered } = await authorised(here);
    const order = { ...ordered, key: `void:${paymentId}` };
    await lose('void', 'after');
    await provider.void(order).catch(() => undefined);
    t.deepEqual(await state(paymentId), ['canceled', 0]);
    t.deepEqual(await provider.void(order), { voided: true });
    forgetKeys();
    t.deepEqual(await provider.void(order), { voided: true });
    t.regex((await provider.capture(ordered)).refused ?? '', /the authorisation of .* has ended/);
  });

  test(`${name}: an outage refuses nothing, and an authorisation that its bank has ended is refused for good`, async (t) => {
    const here = await bench(t);
    const { provider, lose, expire, state } = here;
    const { paymentId, ordered } = await authorised(here);
    await lose('capture', 'before');
    await t.throwsAsync(provider.capture(ordered), { code: 'dependency-unavailable' });
    t.deepEqual((await state(paymentId))[1], 0);
    await expire(paymentId);
    t.regex((await provider.capture(ordered)).refused ?? '', /the authorisation of .* has ended/);
  });

  test(`${name}: no more is captured than was authorised`, async (t) => {
    const here = await bench(t);
    const { paymentId, ordered } = await authorised(here);
    t.truthy((await here.provider.capture({ ...ordered, amount: 1251 })).refused);
    t.deepEqual((await here.state(paymentId))[1], 0);
  });
}

test('a page of the provider and a session do not release money that is authorised, when they are closed', async (t) => {
  for (const bench of [simulator, stripe('page')]) {
    const here = await bench(t);
    const { asked, paymentId } = await authorised(here);
    t.like(await here.provider.desk.close(asked), { state: 'paid', event: { type: 'payment.authorised' } });
    t.not((await here.state(paymentId))[0], 'canceled');
  }
});
