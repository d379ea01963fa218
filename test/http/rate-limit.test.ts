import { randomUUID } from 'node:crypto';
import test from 'ava';
import { paymentEvent, serveOperators, serveShop } from '../helpers/app.js';
import { adminToken, webhookSecret } from '../helpers/system.js';
import { sendWebhook } from '../helpers/webhook.js';

const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });
const read = (url: string, options?: RequestInit) => fetch(`${url}/orders/${randomUUID()}`, options);
const statuses = async (howMany: number, send: () => Promise<Response>) => {
  const seen: number[] = [];
  for (let time = 0; time < howMany; time++) seen.push((await send()).status);
  return seen;
};

test('every answer has the limit, and an answer past the limit is 429 with Retry-After until the end of the minute', async (t) => {
  const url = await serveShop(t, { requestsPerMinute: 2 });
  const first = await read(url);
  t.is(first.status, 404);
  t.regex(String(first.headers.get('ratelimit')), /^"\S+"; r=1; t=\d+$/);
  t.regex(String(first.headers.get('ratelimit-policy')), /^"\S+"; q=2; w=60; pk=:[\w=]+:$/);
  await read(url);
  const refused = await read(url);
  t.is(refused.status, 429);
  t.is(refused.headers.get('content-type'), 'application/problem+json');
  const seconds = Number(refused.headers.get('retry-after'));
  t.true(seconds > 0 && seconds <= 60, `Retry-After: ${seconds}`);
  t.like(await refused.json(), { status: 429, type: 'urn:order-bridge:problem:rate-limited' });
});

test('a checkout past the limit is refused without a query', async (t) => {
  let asked = 0;
  const checkout = async () => {
    asked++;
    return { kind: 'key-reused' } as const;
  };
  const url = await serveShop(t, { requestsPerMinute: 3, checkout });
  const buy = () =>
    fetch(`${url}/checkout`, {
      method: 'POST',
      headers: { 'idempotency-key': randomUUID() },
      body: JSON.stringify({ userId: 1, items: [{ sku: 'mug', quantity: 1 }] }),
    });
  t.deepEqual(await statuses(5, buy), [422, 422, 422, 429, 429]);
  t.is(asked, 3);
});

test('a limit of 0 limits nothing, and no answer has a header of a limit', async (t) => {
  const url = await serveShop(t, { requestsPerMinute: 0 });
  t.is((await read(url)).headers.get('ratelimit'), null);
  t.deepEqual(await statuses(20, () => read(url)), Array(20).fill(404));
});

test('X-Forwarded-For is ignored, unless a trusted proxy sends it', async (t) => {
  const direct = await serveShop(t, { requestsPerMinute: 2 });
  t.deepEqual(await statuses(3, () => read(direct, from(`10.0.0.${Math.random()}`))), [404, 404, 429]);
  const proxied = await serveShop(t, { requestsPerMinute: 2, trustProxy: 1 });
  t.deepEqual(await statuses(3, () => read(proxied, from('203.0.113.1'))), [404, 404, 429]);
  t.is((await read(proxied, from('203.0.113.2'))).status, 404);
  t.is(
    (await read(proxied, from('203.0.113.9, 203.0.113.1'))).status,
    429,
    'what the client itself wrote counts nothing',
  );
  const elsewhere = await serveShop(t, { requestsPerMinute: 2, trustProxy: ['10.0.0.0/8'] });
  t.is((await read(elsewhere, from('203.0.113.1'))).status, 404);
  t.deepEqual(await statuses(2, () => read(elsewhere, from('203.0.113.2'))), [404, 429]);
});

test('health checks and signed webhooks are neither counted nor refused', async (t) => {
  const url = await serveShop(t, { requestsPerMinute: 1 });
  t.deepEqual(await statuses(3, () => fetch(`${url}/livez`)), [200, 200, 200]);
  t.deepEqual(await statuses(3, () => fetch(`${url}/readyz`)), [200, 200, 200]);
  t.deepEqual(await statuses(5, () => sendWebhook(url, paymentEvent())), [204, 204, 204, 204, 204]);
  t.deepEqual(await statuses(2, () => read(url)), [404, 429]);
  t.is((await sendWebhook(url, paymentEvent())).status, 204);
});

test('webhooks without a valid signature are limited, and signed webhooks of the same address are not', async (t) => {
  const url = await serveShop(t, { requestsPerMinute: 200 });
  const forged = () => sendWebhook(url, paymentEvent(), { secret: `whsec_${Buffer.alloc(32).toString('base64')}` });
  t.deepEqual(await statuses(4, forged), [401, 401, 429, 429]);
  t.is((await sendWebhook(url, paymentEvent(), { secret: webhookSecret })).status, 204);
  t.is((await forged()).status, 429);
});

test('guesses at the admin token are limited, and requests with the token are not', async (t) => {
  const url = await serveOperators(t, { requestsPerMinute: 200 });
  const guess = (token: string) => read(url, { headers: { authorization: `Bearer ${token}` } });
  t.deepEqual(await statuses(4, () => guess(randomUUID())), [401, 401, 429, 429]);
  t.deepEqual(await statuses(4, () => guess(adminToken)), [404, 404, 404, 404]);
});
