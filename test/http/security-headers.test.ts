import test from 'ava';
import { serveOperators, serveShop } from '../helpers/app.js';

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
