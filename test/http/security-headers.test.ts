import { randomUUID } from 'node:crypto';
import test from 'ava';
import { serveOperators, serveShop } from '../helpers/app.js';
import { adminToken } from '../helpers/system.js';

test('no header sends a browser that came by plain HTTP to HTTPS, and the others of helmet are there', async (t) => {
  const shop = await serveShop(t, {});
  const operators = await serveOperators(t, {});
  for (const url of [`${shop}/docs/`, `${shop}/livez`, `${shop}/nothing`, `${operators}/orders/1`]) {
    const { headers } = await fetch(url);
    t.is(headers.get('strict-transport-security'), null, url);
    t.notRegex(headers.get('content-security-policy') ?? '', /upgrade-insecure-requests/, url);
    t.regex(headers.get('content-security-policy') ?? '', /default-src 'self'/, url);
    t.is(headers.get('x-content-type-options'), 'nosniff', url);
  }
});

test('/docs loads what it is made of from where it came', async (t) => {
  const shop = await serveShop(t, {});
  const page = await (await fetch(`${shop}/docs/`)).text();
  const parts = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => new URL(path, `${shop}/docs/`));
  t.true(parts.length > 2, page);
  for (const part of parts) {
    t.is(part.origin, shop);
    t.is((await fetch(part)).status, 200, part.href);
  }
});

test('no answer is kept by a browser or a proxy: orders, checkouts, refusals, operators', async (t) => {
  const shop = await serveShop(t, {});
  const operators = await serveOperators(t, {});
  const order = `/orders/${randomUUID()}`;
  const answers = [
    await fetch(`${shop}/checkout`, { method: 'POST', body: '{}', headers: { 'idempotency-key': 'one' } }),
    await fetch(`${shop}${order}`),
    await fetch(`${shop}${order}/cancel`, { method: 'POST' }),
    await fetch(`${operators}${order}`),
    await fetch(`${operators}${order}`, { headers: { authorization: `Bearer ${adminToken}` } }),
  ];
  for (const { url, status, headers } of answers) t.is(headers.get('cache-control'), 'no-store', `${url} ${status}`);
});
