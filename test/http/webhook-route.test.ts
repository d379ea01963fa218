import { request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import express from 'express';
import { Webhook } from 'standardwebhooks';
import { DomainError } from '../../src/domain/errors.js';
import type { MoneyReport } from '../../src/domain/money-report.js';
import type { PaymentEvent, WebhookReader } from '../../src/domain/payment.js';
import { rawBody } from '../../src/http/body.js';
import { openApiDocument } from '../../src/http/openapi.js';
import { problemHandler } from '../../src/http/problem.js';
import { type WebhookDeps, webhookRoute } from '../../src/http/webhook-route.js';
import { webhooksOf } from '../../src/payments/providers.js';
import { createStandardWebhooks } from '../../src/payments/standard-webhooks.js';
import { createTestLog } from '../helpers/broker.js';
import { stripeEvent, stripeSecret, stripeSignature } from '../helpers/stripe-webhook.js';
import { webhookSecret } from '../helpers/system.js';

/** The answers to a provider, over real HTTP. A list in memory takes the place of the database. */

interface Answer {
  readonly status: number;
  readonly problem: {
    readonly type?: string;
    readonly errors?: readonly { readonly field: string; pointer?: string }[];
  };
}

async function serve(t: ExecutionContext, reader: WebhookReader, deps: Partial<WebhookDeps> = {}) {
  const stored: PaymentEvent[] = [];
  const [paid, counted, log] = [[] as string[], [] as string[], createTestLog()];
  const app = express();
  const route = webhookRoute(
    {
      webhooks: [reader],
      storeEvent: async (event) => {
        stored.push(event);
        return { as: 'stored', ...(event.type === 'payment.succeeded' && { paymentId: event.paymentId }) };
      },
      storeReport: async () => 'stored',
      onPayment: (paymentId) => void paid.push(paymentId),
      onEvent: ({ provider, type, result }) => void counted.push(`${provider} ${type} ${result}`),
      ...deps,
    },
    reader,
  );
  app.post(reader.path, rawBody, route).use(problemHandler(log));
  const server = app.listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;

  /** Uses Node's own client, which can send a header twice. */
  const post = (body: string, headers: Record<string, string | string[]>): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const outgoing = send({ port, path: reader.path, method: 'POST', headers }, async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, problem: text === '' ? {} : JSON.parse(text) });
      });
      outgoing.on('error', reject).end(body);
    });
  return { post, stored, paid, counted, log };
}

const standard = createStandardWebhooks({ secrets: [webhookSecret] });
const data = { paymentId: 'pay-1', orderId: 'order-1', amount: 1250, currency: 'EUR' };
const text = (type = 'payment.succeeded', more: object = {}) => JSON.stringify({ type, data: { ...data, ...more } });

function signed(body: string, secret = webhookSecret): Record<string, string> {
  const now = new Date();
  return {
    'webhook-id': 'msg-1',
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign('msg-1', now, body),
  };
}

test('a payment is stored, then answered 204 and reported', async (t) => {
  const { post, stored, paid, counted } = await serve(t, standard);
  t.like(await post(text(), signed(text())), { status: 204, problem: {} });
  t.like(stored, [{ eventId: 'msg-1', ...data }]);
  t.deepEqual([paid, counted], [['pay-1'], ['standard-webhooks payment.succeeded stored']]);
});

test('a payment whose event comes a hundred times is reported once', async (t) => {
  let stored = 0;
  const storeEvent = async ({ paymentId }: PaymentEvent) =>
    stored++ === 0 ? { as: 'stored' as const, paymentId } : { as: 'repeated' as const };
  const { post, paid } = await serve(t, standard, { storeEvent });
  for (let index = 0; index < 100; index++) t.is((await post(text(), signed(text()))).status, 204);
  t.deepEqual([stored, paid], [100, ['pay-1']]);
});

test('the event of a failed payment is stored and not reported', async (t) => {
  const { post, stored, paid } = await serve(t, standard);
  const body = text('payment.failed');
  t.is((await post(body, signed(body))).status, 204);
  t.deepEqual([stored.length, paid], [1, []]);
});

test('an event of an unknown type is answered 204 and not stored', async (t) => {
  const { post, stored, counted } = await serve(t, standard);
  const body = JSON.stringify({ type: 'payment.disputed' });
  t.is((await post(body, signed(body))).status, 204);
  t.deepEqual([stored, counted], [[], ['standard-webhooks unknown ignored']]);
});

test('an event that cannot be stored is answered 503 and not reported', async (t) => {
  const { post, paid, counted } = await serve(t, standard, {
    storeEvent: async () => {
      throw new DomainError('dependency-unavailable', 'the database is not available: secret detail');
    },
  });
  const { status, problem } = await post(text(), signed(text()));
  t.is(status, 503);
  t.deepEqual([paid, counted], [[], ['standard-webhooks payment.succeeded failed']]);
  t.notRegex(JSON.stringify(problem), /secret detail/);
});

const report = (type: string, more: object) =>
  JSON.stringify({ type, data: { paymentId: 'pay-1', amount: 500, currency: 'EUR', ...more } });

test('a report of a refund or a dispute is stored, then answered 204, and reports no payment', async (t) => {
  const reports: MoneyReport[] = [];
  const { post, stored, paid, counted } = await serve(t, standard, {
    storeReport: async (one) => {
      reports.push(one);
      return 'stored';
    },
  });
  for (const body of [
    report('refund.failed', { refundId: 'ref-1', failure: 'closed' }),
    report('dispute.closed', { disputeId: 'dis-1', outcome: 'lost' }),
  ]) {
    t.is((await post(body, signed(body))).status, 204);
  }
  t.like(reports, [
    { type: 'refund.failed', refundId: 'ref-1' },
    { type: 'dispute.closed', outcome: 'lost' },
  ]);
  t.deepEqual([stored, paid], [[], []]);
  const answers = ['refund.failed stored', 'dispute.closed stored'].map((words) => `standard-webhooks ${words}`);
  t.deepEqual(counted, answers);
});

test('a report of a refund or a dispute that cannot be stored is answered 503', async (t) => {
  const { post, counted } = await serve(t, standard, {
    storeReport: async () => {
      throw new DomainError('dependency-unavailable', 'the database is not available');
    },
  });
  const body = report('dispute.opened', { disputeId: 'dis-1' });
  t.is((await post(body, signed(body))).status, 503);
  t.deepEqual(counted, ['standard-webhooks dispute.opened failed']);
});

test('an event id with other bytes is answered 409 and counted', async (t) => {
  const { post, counted } = await serve(t, standard, {
    storeEvent: async () => {
      throw new DomainError('event-conflict', 'used before');
    },
  });
  const { status, problem } = await post(text(), signed(text()));
  t.deepEqual([status, problem.type], [409, 'urn:order-bridge:problem:event-conflict']);
  t.deepEqual(counted, ['standard-webhooks payment.succeeded conflict']);
});

test('a wrong signature is answered 401, and nothing is stored', async (t) => {
  const { post, stored, counted } = await serve(t, standard);
  const { status, problem } = await post(text(), { ...signed(text()), 'webhook-signature': 'v1,AAAA' });
  t.deepEqual([status, problem.type], [401, 'urn:order-bridge:problem:signature']);
  t.deepEqual([stored, counted], [[], ['standard-webhooks unknown refused']]);
});

test('a sender without the secret gets no problem of the body, because the signature is verified first', async (t) => {
  const { post } = await serve(t, standard);
  t.is((await post('nonsense', { 'webhook-id': 'msg-1' })).status, 401);
});

for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
  test(`${name} sent twice is answered 401, with the same value or another`, async (t) => {
    const { post, stored } = await serve(t, standard);
    const headers = signed(text());
    const value = headers[name] ?? '';
    for (const second of [value, '0', `${value} v1,AAAA`]) {
      t.is((await post(text(), { ...headers, [name]: [value, second] })).status, 401, second);
    }
    t.deepEqual(stored, []);
  });
}

test('an invalid field is answered 422, with its path and a JSON pointer', async (t) => {
  const { post, stored } = await serve(t, standard);
  const body = text('payment.succeeded', { amount: -1 });
  const { status, problem } = await post(body, signed(body));
  t.is(status, 422);
  t.like(problem.errors?.[0], { field: 'data.amount', pointer: '/data/amount' });
  t.deepEqual(stored, []);
});

test('an invalid header is named without a pointer into the body', async (t) => {
  const { post } = await serve(t, standard);
  const now = new Date();
  const id = 'x'.repeat(300);
  const signature = new Webhook(webhookSecret).sign(id, now, text());
  const { status, problem } = await post(text(), {
    ...signed(text()),
    'webhook-id': id,
    'webhook-signature': signature,
  });
  t.is(status, 422);
  t.deepEqual(problem.errors, [{ field: 'webhook-id', detail: 'expected 1 to 255 visible characters' }] as never);
});

test("the same route answers Stripe's webhooks", async (t) => {
  const [, stripe] = webhooksOf({
    STRIPE_CAPTURE: 'at-once',
    PAYMENT_WEBHOOK_SECRET: [webhookSecret],
    STRIPE_WEBHOOK_SECRET: [stripeSecret],
  });
  if (stripe === undefined) return t.fail('Stripe is configured');
  const { post, stored, paid } = await serve(t, stripe);
  const event = JSON.stringify(stripeEvent('payment_intent.succeeded', data));
  t.is((await post(event, { 'stripe-signature': stripeSignature(event) })).status, 204);
  t.deepEqual(paid, ['pay-1']);
  t.is((await post(event, { 'stripe-signature': [stripeSignature(event), stripeSignature(event)] })).status, 401);
  t.is((await post(event, signed(event))).status, 401, "another provider's signature");
  t.is(stored.length, 1);
});

for (const [what, result, intent] of [
  ['names no order', 'foreign', { metadata: {} }],
  ['cannot be read', 'unreadable', { amount_received: '12' }],
] as const) {
  test(`an event of Stripe that ${what} is answered 204, counted and not stored`, async (t) => {
    const [, stripe] = webhooksOf({
      STRIPE_CAPTURE: 'at-once',
      PAYMENT_WEBHOOK_SECRET: [webhookSecret],
      STRIPE_WEBHOOK_SECRET: [stripeSecret],
    });
    if (stripe === undefined) return t.fail('Stripe is configured');
    const { post, stored, paid, counted } = await serve(t, stripe);
    const event = JSON.stringify(stripeEvent('payment_intent.succeeded', data, { intent }));
    t.is((await post(event, { 'stripe-signature': stripeSignature(event) })).status, 204);
    t.deepEqual([stored, paid, counted], [[], [], [`stripe payment.succeeded ${result}`]]);
  });
}

test('the description has the webhooks that the API answers, with the schemas that validate', (t) => {
  const described = (stripe: string[] | undefined) =>
    openApiDocument({
      version: '1.2.3',
      webhooks: webhooksOf({
        STRIPE_CAPTURE: 'at-once',
        PAYMENT_WEBHOOK_SECRET: [webhookSecret],
        STRIPE_WEBHOOK_SECRET: stripe,
      }),
    }).paths ?? {};
  t.false('/webhooks/stripe' in described(undefined));
  const paths = described([stripeSecret]);
  const body = JSON.stringify(paths['/webhooks/payment']?.post?.requestBody);
  t.regex(body, /"payment\.succeeded".*"paymentId".*"currency"/);
  t.regex(JSON.stringify(paths['/webhooks/stripe']), /stripe-signature.*amount_received.*metadata/);
  const answers = (path: string) => Object.keys(paths[path]?.post?.responses ?? {});
  t.true(answers('/webhooks/payment').includes('422'));
  t.false(answers('/webhooks/stripe').includes('422'));
});
