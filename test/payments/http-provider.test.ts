import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { createHttpProvider } from '../../src/payments/http-provider.js';

/** The answers of an adapter to a refund, and what each answer means. */

const order = { key: 'refund:pay-1', paymentId: 'pay-1', amount: 1250, currency: 'EUR', reason: 'order-canceled' };
const outage = { name: 'DomainError', code: 'dependency-unavailable' } as const;

interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly body?: unknown;
  readonly location?: string;
}

async function adapter(t: ExecutionContext, answer: Answer, token?: string) {
  const asked: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers);
    const { status, type = 'application/json', body = {}, location } = answer;
    response.writeHead(status, { 'content-type': type, ...(location && { location }) });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = createHttpProvider({ url, ...(token !== undefined && { token }) });
  return { asked, url, refund: () => provider.refund(order) };
}

test('a refund has its key, and the token as bearer; a refund without a token has no bearer', async (t) => {
  const made: Answer = { status: 201, body: { refundId: 'ref-1' } };
  const withToken = await adapter(t, made, 'a-token-for-refunds');
  t.deepEqual(await withToken.refund(), { refundId: 'ref-1' });
  t.like(withToken.asked[0], { authorization: 'Bearer a-token-for-refunds', 'idempotency-key': 'refund:pay-1' });
  const without = await adapter(t, made);
  await without.refund();
  t.is(without.asked[0]?.authorization, undefined);
});

test('an answer with a smaller amount is a refund of the rest', async (t) => {
  const rest = await adapter(t, { status: 200, body: { refundId: 'ref-1', amount: 250 } });
  t.deepEqual(await rest.refund(), { refundId: 'ref-1', amount: 250 });
  const whole = await adapter(t, { status: 200, body: { refundId: 'ref-1', amount: 1250 } });
  t.deepEqual(await whole.refund(), { refundId: 'ref-1' });
});

for (const status of [404, 410, 422]) {
  test(`${status} as a problem document is final, and its detail is stored for a person`, async (t) => {
    const body = { title: 'Not refundable', detail: 'the charge is disputed' };
    const { refund } = await adapter(t, { status, type: 'application/problem+json; charset=utf-8', body });
    t.deepEqual(await refund(), { refused: `the payment provider answered ${status}: the charge is disputed` });
  });

  test(`${status} of a proxy, which is no problem document, is retried`, async (t) => {
    const { refund } = await adapter(t, { status, type: 'text/html', body: '<h1>nothing here</h1>' });
    await t.throwsAsync(refund(), { ...outage, message: new RegExp(`it answered ${status}: <h1>`) });
  });
}

for (const status of [400, 401, 403, 408, 409, 429, 500, 503]) {
  test(`${status} is retried, also as a problem document`, async (t) => {
    const { refund } = await adapter(t, { status, type: 'application/problem+json', body: { detail: 'later' } });
    await t.throwsAsync(refund(), outage);
  });
}

test('an answer without a refundId is retried', async (t) => {
  for (const body of ['', 'no JSON', {}, { refundId: '' }, { refundId: 7 }, { refundId: 'ref-1', amount: 0 }]) {
    const { refund } = await adapter(t, { status: 200, body });
    await t.throwsAsync(refund(), { ...outage, message: /its answer has no refundId/ });
  }
});

test('a redirect is not followed, so that the token is sent to no other address', async (t) => {
  const other = await adapter(t, { status: 201, body: { refundId: 'stolen' } });
  const { refund } = await adapter(t, { status: 307, location: `${other.url}/refunds` }, 'a-token-for-refunds');
  await t.throwsAsync(refund(), outage);
  t.deepEqual(other.asked, []);
});
