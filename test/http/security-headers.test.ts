import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { createApp } from '../../src/http/app.js';
import { emptyShop, serveOperators, serveShop } from '../helpers/app.js';
import { adminToken } from '../helpers/system.js';

test('no header sends a browser from HTTP to HTTPS, and the other headers of helmet are set', async (t) => {
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

test('/docs loads its files and calls the API at its own address, also behind a prefix of a proxy', async (t) => {
  const { serve } = createApp(emptyShop());
  const proxy = createServer((request, response) => {
    request.url = request.url?.replace(/^\/shop(?=\/)/, '');
    serve(request, response);
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => proxy.close());
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;

  for (const shop of [address, `${address}/shop`]) {
    const { url, status, text } = await page(`${shop}/docs`);
    t.deepEqual([url, status], [`${shop}/docs/`, 200]);
    const parts = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => new URL(path, url).href);
    t.true(parts.length > 2, text);
    for (const part of parts) {
      t.true(part.startsWith(`${shop}/docs/`), part);
      t.is((await page(part)).status, 200, part);
    }
    const { swaggerUrl } = JSON.parse(
      /var options = (\{.*?\n\});/s.exec((await page(parts.at(-1) ?? '')).text)?.[1] ?? '{}',
    );
    const described = await page(new URL(swaggerUrl, url).href);
    t.is(described.url, `${shop}/openapi.json`);
    const [server] = (JSON.parse(described.text) as { servers: { url: string }[] }).servers;
    t.is(new URL(server?.url ?? '', described.url).href, `${shop}/`);
  }
});

async function page(address: string): Promise<{ url: string; status: number; text: string }> {
  const response = await fetch(address);
  return { url: response.url, status: response.status, text: await response.text() };
}

test('no browser and no proxy stores an answer: orders, checkouts, refusals, operators', async (t) => {
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
