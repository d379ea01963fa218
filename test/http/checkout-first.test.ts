import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { pino } from 'pino';
import type { CheckoutResult } from '../../src/domain/checkout.js';
import { DomainError } from '../../src/domain/errors.js';
import { serveShop } from '../helpers/app.js';

/** The usual checkout is served before Express. A request to `/Checkout` is served by Express. */

const body = JSON.stringify({ userId: 7, items: [{ sku: 'mug', quantity: 2 }] });

const reserved: CheckoutResult = {
  kind: 'reserved',
  replayed: false,
  checkout: {
    orderId: '0199f1f0-7b1e-7c3e-9d3f-3a4f6c2b1e00',
    userId: 7,
    items: [{ sku: 'mug', quantity: 2, unitPrice: 1250 }],
    amount: 2500,
    currency: 'EUR',
    createdAt: new Date(0),
    expiresAt: new Date(1_800_000),
    readToken: 'x'.repeat(43),
    traceparent: '',
  },
};

async function seen(url: string, init: RequestInit): Promise<unknown> {
  const headers = { 'idempotency-key': 'one', 'x-request-id': 'the-request', ...init.headers };
  const answer = await fetch(url, { method: 'POST', body, ...init, headers });
  const { date: _, ...all } = Object.fromEntries(answer.headers);
  return {
    status: answer.status,
    headers: all,
    body: JSON.parse((await answer.text()).replaceAll('/Checkout', '/checkout')),
  };
}

test('an answer before Express has the status, the headers and the body of an answer by Express', async (t) => {
  const shops: Record<string, Parameters<typeof serveShop>[1]> = {
    reserved: { checkout: async () => reserved },
    replayed: { checkout: async () => ({ ...reserved, replayed: true }) },
    refused: { checkout: async () => ({ kind: 'out-of-stock', short: [{ sku: 'mug', requested: 2, available: 1 }] }) },
    overloaded: { checkout: () => Promise.reject(new DomainError('overloaded', '')) },
    failed: { checkout: () => Promise.reject(new Error('a fault')) },
    closed: { checkout: async () => reserved, checkoutOpen: false, checkoutTokens: ['the-token-of-the-backend'] },
  };
  const requests: (() => RequestInit)[] = [
    () => ({}),
    () => ({ body: '{' }),
    () => ({ body: '{}' }),
    () => ({ headers: { 'idempotency-key': ' ' } }),
    () => ({ body: 'x'.repeat(70_000) }),
    () => ({ headers: { authorization: 'Bearer the-token-of-the-backend' } }),
    () => ({ headers: { authorization: 'Bearer another-token-of-others' } }),
    () => ({ body: gzipSync(body), headers: { 'content-encoding': 'gzip' } }),
    () => ({ body: new Blob([body]).stream(), duplex: 'half' }),
  ];
  for (const [name, shop] of Object.entries(shops)) {
    const url = await serveShop(t, { ...shop, requestsPerMinute: 1_000 });
    for (const [index, request] of requests.entries()) {
      const [first, express] = [await seen(`${url}/checkout`, request()), await seen(`${url}/Checkout`, request())];
      t.deepEqual(withoutCount(first), withoutCount(express), `${name}, request ${index}`);
    }
  }
});

/** The limit counts down with each request. */
const withoutCount = (answer: unknown): unknown => JSON.parse(JSON.stringify(answer).replace(/; r=\d+; t=\d+/, ''));

test('a checkout has a log line when it fails, and otherwise at the level debug only', async (t) => {
  const linesAt = async (level: string, checkout: () => Promise<CheckoutResult>) => {
    const lines: Record<string, unknown>[] = [];
    const log = pino({ level }, { write: (line) => void lines.push(JSON.parse(line)) });
    const url = await serveShop(t, { log, checkout });
    const answer = await fetch(`${url}/checkout`, { method: 'POST', body, headers: { 'idempotency-key': 'one' } });
    await answer.text();
    const id = answer.headers.get('x-request-id');
    return lines.map(({ msg, requestId, req }) => [msg, (requestId ?? (req as { id: string }).id) === id]);
  };
  t.deepEqual(await linesAt('info', async () => reserved), []);
  t.deepEqual(await linesAt('debug', async () => reserved), [['POST /checkout 201', true]]);
  const failed = [
    ['request failed', true],
    ['request errored', true],
  ];
  t.deepEqual(await linesAt('info', () => Promise.reject(new Error('a fault'))), failed);
  t.deepEqual(await linesAt('debug', () => Promise.reject(new Error('a fault'))), failed);
});

test('the log line of a checkout that fails has the time since the request', async (t) => {
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
  const waited = async () => {
    await sleep(50);
    throw new Error('a fault');
  };
  const url = await serveShop(t, { checkout: waited, log });
  await seen(`${url}/checkout`, {});
  const times = lines.map((line) => JSON.parse(line).responseTime).filter((time) => time !== undefined);
  t.is(times.length, 1);
  t.true(times[0] >= 40, `${times[0]} ms`);
});
