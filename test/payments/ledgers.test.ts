import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { LedgerEntry, LedgerReference, PaymentLedger } from '../../src/domain/ledger.js';
import type { RefundOrder } from '../../src/domain/payment.js';
import { createHttpProvider } from '../../src/payments/http-provider.js';
import { createStripeProvider } from '../../src/payments/stripe-provider.js';
import { refundThere } from '../helpers/ledger.js';
import { startStripe } from '../helpers/stripe-server.js';

/** The ledgers of the providers, as movements of money. The one of the simulator: test/simulator/ledger.test.ts. */

const always = { since: new Date(0), until: new Date(Date.now() + 3_600_000) };

async function listed(ledger: PaymentLedger, span = always): Promise<LedgerEntry[]> {
  const found: LedgerEntry[] = [];
  for await (const entry of ledger.list(span)) found.push(entry);
  return found;
}

const brief = (entries: readonly LedgerEntry[]) =>
  entries.map(({ kind, id, paymentId, amount, currency }) => [kind, id, paymentId, amount, currency].join(' '));

async function stripe(t: ExecutionContext) {
  const server = await startStripe();
  t.teardown(server.close);
  const provider = createStripeProvider({ secretKey: 'sk_test_1', url: server.url });
  const { balance } = server;
  let last = 0;
  const pay = (amount = 2_500, currency = 'eur', metadata: object = { orderId: 'order-1' }) => {
    const id = `pi_${++last}`;
    balance.charge({ id, amount, currency, metadata });
    return id;
  };
  return { server, balance, pay, ...provider, refund: (order: RefundOrder) => refundThere(provider, order) };
}

const of = (subject: LedgerReference['subject'], id: string, paymentId = id): LedgerReference => ({
  subject,
  id,
  paymentId,
});

test('Stripe: charges, refunds, failed refunds and disputes are movements; fees, payouts and failed charges are not', async (t) => {
  const { balance, pay, ledger, refund } = await stripe(t);
  const paid = pay();
  balance.other('payout', { amount: -2_000, currency: 'eur' });
  balance.other('fee', { amount: -30, currency: 'eur' });
  balance.charge({ id: 'pi_bank', amount: 900, currency: 'eur', metadata: {} }, 'pending');
  const made = await refund({
    key: 'refund:1',
    paymentId: paid,
    amount: 400,
    currency: 'EUR',
    reason: 'test',
    beside: true,
  });
  balance.failRefund(made.refundId);
  const money = { payment_intent: paid, amount: 2_500, currency: 'eur' };
  balance.dispute('dp_1', money);
  balance.winDispute('dp_1');
  balance.dispute('dp_2', money, 'warning_needs_response');
  const entries = await listed(ledger);
  t.deepEqual(brief(entries).reverse(), [
    `payment ${paid} ${paid} 2500 EUR`,
    `refund ${made.refundId} ${paid} 400 EUR`,
    `refund-failed ${made.refundId} ${paid} 400 EUR`,
    `dispute dp_1 ${paid} 2500 EUR`,
    `dispute-reversed dp_1 ${paid} 2500 EUR`,
  ]);
  t.like(entries.at(-1), { orderId: 'order-1' });
  t.like(entries.at(-2), { key: 'refund:1' });
  t.deepEqual(await ledger.of(of('payment', paid)), { amount: 2_500, currency: 'EUR' });
  t.deepEqual(await ledger.of(of('refund', made.refundId, paid)), { amount: 0, currency: 'EUR' });
  t.deepEqual(await ledger.of(of('dispute', 'dp_1', paid)), { amount: 0, currency: 'EUR' });
  t.is(await ledger.of(of('dispute', 'dp_2', paid)), undefined, 'an inquiry takes no money');
  t.is(await ledger.of(of('refund', 're_none', paid)), undefined);
});

test('Stripe: a movement has the currency that the customer has paid, not the one of the bank, in minor units of ISO 4217', async (t) => {
  const { balance, pay, ledger } = await stripe(t);
  const [dollars, crowns, ariary, yen] = [pay(1_000, 'usd'), pay(150_000, 'isk'), pay(20, 'mga'), pay(700, 'jpy')];
  balance.dispute('dp_1', { payment_intent: dollars, amount: 1_000, currency: 'usd' });
  t.deepEqual(brief(await listed(ledger)).reverse(), [
    `payment ${dollars} ${dollars} 1000 USD`,
    `payment ${crowns} ${crowns} 1500 ISK`,
    `payment ${ariary} ${ariary} 2000 MGA`,
    `payment ${yen} ${yen} 700 JPY`,
    `dispute dp_1 ${dollars} 1000 USD`,
  ]);
  t.deepEqual(await ledger.of(of('dispute', 'dp_1', dollars)), { amount: -1_000, currency: 'USD' });
});

test('Stripe: all pages are read, and only what was created in the span', async (t) => {
  const { balance, pay, ledger } = await stripe(t);
  const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute));
  const paid = Array.from({ length: 250 }, (_, n) => {
    balance.setClock(() => at(n));
    return pay(100 + n);
  });
  const found = await listed(ledger);
  t.deepEqual(
    found.map(({ id }) => id),
    paid.toReversed(),
  );
  t.is(new Set(found.map(({ entryId }) => entryId)).size, 250);
  t.deepEqual(
    (await listed(ledger, { since: at(10), until: at(12) })).map(({ id }) => id),
    [paid[11], paid[10]],
  );
});

test('Stripe: a refund of which no money has moved yet is pending', async (t) => {
  const { server, pay, ledger, refund } = await stripe(t);
  const paid = pay();
  server.setRefundStatus('requires_action');
  const made = await refund({
    key: 'refund:1',
    paymentId: paid,
    amount: 400,
    currency: 'EUR',
    reason: 'test',
    beside: true,
  });
  t.deepEqual(await ledger.of(of('refund', made.refundId, paid)), { amount: 0, currency: 'EUR', pending: true });
  t.deepEqual(brief(await listed(ledger)), [`payment ${paid} ${paid} 2500 EUR`]);
});

test('Stripe: a charge names its order as its webhook does, and a key that is not of our form is none of ours', async (t) => {
  const { balance, pay, ledger } = await stripe(t);
  const uuid = '01a2f0de-7c11-7e57-8a51-5b2f6c1f9e10';
  const names = [` ${uuid.toUpperCase()} `, '\u001b[31mred\u0007', 'x'.repeat(80), '  ', undefined];
  const paid = names.map((orderId) => pay(2_500, 'eur', orderId === undefined ? {} : { orderId }));
  for (const key of ['1', 'refund:\u001b[31m', 'refund:a'])
    balance.refund(
      { id: `re_${key}`, payment_intent: paid[0] ?? '', metadata: { key }, amount: 5, currency: 'eur' },
      'succeeded',
    );
  const entries = (await listed(ledger)).reverse();
  t.deepEqual(
    entries.slice(0, 5).map(({ orderId }) => orderId),
    [uuid, '?[31mred?', 'x'.repeat(64), undefined, undefined],
  );
  t.deepEqual(
    entries.slice(5).map(({ key }) => key),
    [undefined, undefined, 'refund:a'],
  );
});

test('Stripe: a charge that is only authorised is no money, and a captured one counts with what was captured', async (t) => {
  const { balance, ledger } = await stripe(t);
  const intent = { currency: 'eur', metadata: { orderId: 'order-1' }, amount: 2_500 };
  balance.charge({ id: 'pi_part', ...intent }, 'succeeded', 400);
  t.deepEqual(brief(await listed(ledger)), ['payment pi_part pi_part 400 EUR']);
  t.deepEqual(await ledger.of(of('payment', 'pi_part')), { amount: 400, currency: 'EUR' });
  balance.charge({ id: 'pi_held', ...intent }, 'succeeded', 0);
  t.deepEqual(brief(await listed(ledger)), ['payment pi_part pi_part 400 EUR']);
  t.deepEqual(await ledger.of(of('payment', 'pi_held')), { amount: 0, currency: 'EUR' });
});

test('Stripe that is away is an outage', async (t) => {
  const { server, pay, ledger } = await stripe(t);
  const paid = pay();
  server.fail(2);
  await t.throwsAsync(listed(ledger), { code: 'dependency-unavailable' });
  await t.throwsAsync(ledger.of(of('payment', paid)), { code: 'dependency-unavailable' });
});

test('an adapter without a ledger says so, and an answer of another form is an outage', async (t) => {
  const answer = { status: 404, type: 'application/problem+json', body: {} as object };
  const problem = { status: 404, type: 'application/problem+json', body: { title: 'Not found' } };
  const server = createServer((request, response) => {
    const { status, type, body } = request.url?.includes('after=') ? problem : answer;
    response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => void server.close());
  const { ledger } = createHttpProvider({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  answer.body = { title: 'Not found', detail: 'There is nothing here' };
  await t.throwsAsync(listed(ledger), { name: 'LedgerMissingError', message: /There is nothing here/ });
  t.is(await ledger.of(of('payment', 'pay_1')), undefined, 'an id that the adapter does not know');
  for (const status of [410, 422]) {
    answer.status = status;
    const refused = {
      code: 'dependency-unavailable',
      message: new RegExp(`answered ${status}: .*There is nothing here`),
    };
    await t.throwsAsync(listed(ledger), refused);
    await t.throwsAsync(ledger.of(of('payment', 'pay_1')), refused);
  }
  const entry = {
    id: 'led_1',
    kind: 'payment',
    paymentId: 'pay_1',
    amount: 5,
    currency: 'EUR',
    time: '2026-03-01T10:00:00Z',
  };
  const wrong = [
    { ...entry, kind: 'fee' },
    { ...entry, amount: -5 },
    { ...entry, amount: 0.5 },
    { ...entry, currency: 'euro' },
    { ...entry, time: 'today' },
  ];
  for (const one of wrong) {
    Object.assign(answer, { status: 200, type: 'application/json', body: { entries: [one] } });
    await t.throwsAsync(listed(ledger), { code: 'dependency-unavailable' }, JSON.stringify(one));
  }
  answer.body = { entries: [entry] };
  t.deepEqual(brief(await listed(ledger)), ['payment pay_1 pay_1 5 EUR']);
  answer.body = { entries: [entry], next: 'led_1' };
  const behind = { code: 'dependency-unavailable', message: /answered 404/ };
  await t.throwsAsync(listed(ledger), behind, 'a ledger has begun, so there is one');
});
