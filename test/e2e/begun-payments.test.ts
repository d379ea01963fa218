import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import type { Placed } from '../../src/cli/story/customer.js';
import { until } from '../../src/cli/story/until.js';
import { orderWorkflowId } from '../../workflows/contract.js';
import { orders } from '../cli/orders.js';
import { begunRows, payOnPage } from '../helpers/begun.js';
import { rows, stockOf } from '../helpers/database.js';
import { buyOne, untilStatus } from '../helpers/payments.js';
import { type StripeServer, startStripe } from '../helpers/stripe-server.js';
import { sendStripeEvent, stripeEvent, stripeSecret } from '../helpers/stripe-webhook.js';
import { product, providerToken, type System, startSystem } from '../helpers/system.js';

/** Payments that begin at the API, with the real processes. One test at a time: some of them break the provider. */

const test = anyTest as TestFn<{ system: System; stripe: StripeServer }>;

test.before(async (t) => {
  const stripe = await startStripe();
  const settings = {
    STRIPE_WEBHOOK_SECRET: stripeSecret,
    STRIPE_SECRET_KEY: 'sk_test_e2e',
    STRIPE_API_URL: stripe.url,
    CLOSE_PAYMENTS_WITHIN: '6 seconds',
  };
  const system = await startSystem([product('mug', 200), product('cup', 1)], settings, { shortWindow: '4 seconds' });
  t.context = { stripe, system };
});

test.after.always(async (t) => {
  const { system, stripe } = t.context;
  const { findings, open } = await system.audit();
  await system.close();
  await stripe.close();
  t.deepEqual({ findings, open }, { findings: [], open: [] }, 'the audit after all of it');
});

interface Begun {
  readonly paymentId: string;
  readonly url?: string;
  readonly clientSecret?: string;
}

async function begin(shopUrl: string, { orderId, readToken }: Placed, body: object = {}) {
  const answer = await fetch(`${shopUrl}/orders/${orderId}/payments`, {
    method: 'POST',
    headers: { authorization: `Bearer ${readToken}` },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as Begun & { type?: string } };
}

const json = { 'content-type': 'application/json' };
const fault = ({ providerUrl }: System, faults: object) =>
  fetch(`${providerUrl}/faults`, { method: 'POST', headers: json, body: JSON.stringify(faults) });

const paid = { status: 'paid', movement: 'sold' } as const;
const canceled = { status: 'canceled', movement: 'released' } as const;

const rowOf = async (t: ExecutionContext<{ system: System }>, reference: string) =>
  (await begunRows(t.context.system.pool)).find((row) => row['reference'] === reference);

test.serial('a customer pays on the page of the provider, and the order is paid', async (t) => {
  const { system } = t.context;
  const order = await buyOne(system.customers);
  const first = await begin(system.shopUrl, order);
  t.is(first.status, 201);
  t.deepEqual((await begin(system.shopUrl, order)).body, first.body);
  const { url = '', paymentId } = first.body;
  await payOnPage(url, 'decline');
  await payOnPage(url);
  await system.observer.ended(order.orderId, paid);
  t.like(await rowOf(t, paymentId), { state: 'paid', paymentId });
  t.like(await begin(system.shopUrl, order), {
    status: 409,
    body: { type: 'urn:order-bridge:problem:order-not-payable' },
  });
});

test.serial('a payment intent of Stripe begins with a client secret that no log and no row has', async (t) => {
  const { system, stripe } = t.context;
  const order = await buyOne(system.customers);
  const { status, body } = await begin(system.shopUrl, order, { provider: 'stripe' });
  t.is(status, 201);
  const { paymentId, clientSecret = '' } = body;
  t.true(clientSecret.startsWith(`${paymentId}_secret_`));
  const intent = stripe.payments.pay(paymentId);
  const { amount, currency, metadata } = intent;
  t.like(metadata, { orderId: order.orderId });
  const payment = { paymentId, orderId: order.orderId, amount, currency };
  await sendStripeEvent(system.shopUrl, stripeEvent('payment_intent.succeeded', payment, { intent: { metadata } }));
  await system.observer.ended(order.orderId, paid);
  t.like(await rowOf(t, paymentId), { state: 'paid' });
  t.false(system.logs().includes(clientSecret));
  t.false(JSON.stringify(await rows(system.pool, 'SELECT * FROM begun_payments')).includes(clientSecret));
});

test.serial('the deadline closes the payment before the stock is for sale again', async (t) => {
  const { system } = t.context;
  const order = await buyOne(system.shortWindowCustomers);
  const { paymentId, url = '' } = (await begin(system.shortWindowUrl, order)).body;
  await system.observer.ended(order.orderId, canceled);
  t.like(await rowOf(t, paymentId), { state: 'closed' });
  t.is(await payOnPage(url), 409);
  const handle = system.temporal.workflow.getHandle(orderWorkflowId(order.orderId));
  const { events } = await handle.fetchHistory();
  t.true(
    (events ?? []).some((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'closePayments'),
  );
});

test.serial('a payment whose webhook never came pays its order at the deadline', async (t) => {
  const { system } = t.context;
  const order = await buyOne(system.shortWindowCustomers);
  const { paymentId, url = '' } = (await begin(system.shortWindowUrl, order)).body;
  await fault(system, { webhooks: { dropNext: 1 } });
  await payOnPage(url);
  await system.observer.ended(order.orderId, paid);
  t.like(await rowOf(t, paymentId), { state: 'paid', paymentId });
});

test.serial('a provider that does not answer delays the end, and the money that comes later goes back', async (t) => {
  const { system } = t.context;
  const order = await buyOne(system.shortWindowCustomers);
  const { paymentId, url = '' } = (await begin(system.shortWindowUrl, order)).body;
  await fault(system, { cancel: { failNext: 1_000 }, retrieve: { failNext: 1_000 } });
  await system.observer.ended(order.orderId, canceled);
  t.like(await rowOf(t, paymentId), { state: 'begun' });
  await payOnPage(url);
  await fault(system, { cancel: { failNext: 0 }, retrieve: { failNext: 0 } });
  t.is(await untilStatus(system, paymentId, 'refunded'), 'order-canceled');
  t.like(await rowOf(t, paymentId), { state: 'paid', paymentId });
});

test.serial('a cancel is answered at once, and the payment is closed after it', async (t) => {
  const { system } = t.context;
  const order = await buyOne(system.customers);
  const { paymentId, url = '' } = (await begin(system.shopUrl, order)).body;
  const answer = await fetch(`${system.shopUrl}/orders/${order.orderId}/cancel`, {
    method: 'POST',
    headers: { authorization: `Bearer ${order.readToken}` },
  });
  t.is(answer.status, 200);
  await until(
    'the payment to be closed',
    () => rowOf(t, paymentId),
    (row) => row?.['state'] === 'closed',
  );
  t.is(await payOnPage(url), 409);
});

test.serial('without the worker the bridge closes the payment, and ends the order', async (t) => {
  const { system } = t.context;
  await system.stop('worker');
  const order = await buyOne(system.shortWindowCustomers);
  const { paymentId } = (await begin(system.shortWindowUrl, order)).body;
  await until(
    'the order to be canceled',
    () => system.customers.look(order),
    ({ status }) => status === 'canceled',
  );
  t.like(await rowOf(t, paymentId), { state: 'closed' });
  await system.start('worker');
  await system.observer.ended(order.orderId, canceled);
});

test.serial(
  'with every webhook dropped, and bridge and worker killed meanwhile, every payment is found and every order ends right',
  async (t) => {
    const { system } = t.context;
    await fault(system, { webhooks: { dropNext: 1_000 } });
    const bought: (Placed & { readonly paymentId: string; readonly isPaid: boolean })[] = [];
    for (let n = 0; n < 30; n++) {
      const order = await buyOne(system.shortWindowCustomers);
      const { paymentId, url = '' } = (await begin(system.shortWindowUrl, order)).body;
      const isPaid = n % 2 === 0;
      if (isPaid) t.is(await payOnPage(url), 303);
      bought.push({ ...order, paymentId, isPaid });
      if (n === 10) await system.kill('worker');
      if (n === 20) await system.kill('bridge');
    }
    // No process was there at the deadlines, nor for as long afterwards as an end may wait: each provider is asked first.
    const [{ late } = { late: 0 }] = await until(
      'the last deadline to be long past',
      () =>
        rows(
          system.pool,
          `SELECT COALESCE(MAX(expires_at) < UTC_TIMESTAMP(3) - INTERVAL 6 SECOND, 1) AS late FROM checkouts WHERE is_open = 1`,
        ),
      ([row]) => row?.['late'] === 1,
    );
    t.is(late, 1);
    await Promise.all([system.start('worker'), system.start('bridge')]);
    for (const { orderId, isPaid } of bought) await system.observer.ended(orderId, isPaid ? paid : canceled);
    for (const { paymentId, isPaid } of bought) {
      t.like(await rowOf(t, paymentId), { state: isPaid ? 'paid' : 'closed', paymentId: isPaid ? paymentId : null });
    }
    await fault(system, { webhooks: { dropNext: 0 } });
  },
);

test.serial('webhooks that never came: reconcile finds each payment once, and prints it', async (t) => {
  const { system } = t.context;
  await fault(system, { webhooks: { dropNext: 20 } });
  const bought = await Promise.all(Array.from({ length: 20 }, () => buyOne(system.customers)));
  // Begun elsewhere: order-bridge knows nothing of these payments.
  await Promise.all(bought.map((order) => system.customers.pay(order)));
  const before = await stockOf(system.pool, 'mug');
  const reconcile = (...more: string[]) =>
    orders(['payments', 'reconcile', '--since', new Date(Date.now() - 3_600_000).toISOString(), ...more], {
      MYSQL_URL: system.mysqlUrl,
      PAYMENT_PROVIDER_URL: system.providerUrl,
      PAYMENT_PROVIDER_TOKEN: providerToken,
    });
  const dry = await reconcile('--dry-run', '--json');
  t.is(dry.code, 0, dry.err);
  t.like(JSON.parse(dry.out), [{ provider: 'standard-webhooks', found: { length: 20 }, different: [] }]);
  t.deepEqual(await stockOf(system.pool, 'mug'), before);
  const { code, out } = await reconcile();
  t.is(code, 0);
  t.regex(out, /20 found, 0 different\.$/m);
  t.regex(out, /^found {6}pay_\S+ {2}1250 EUR, order \S+: it has paid the order$/m);
  for (const { orderId } of bought) await system.observer.ended(orderId, paid);
  t.regex((await reconcile()).out, / 0 found, 0 different\.$/m);
});
