import { randomUUID } from 'node:crypto';
import test from 'ava';
import { DomainError } from '../../src/domain/errors.js';
import { serveShop } from '../helpers/app.js';

test('MAX_QUANTITY_PER_ORDER, and not the schema, refuses a line of more than a thousand units', async (t) => {
  const asked: number[] = [];
  const shop = await serveShop(t, {
    checkout: async ({ lines }) => {
      asked.push(...lines.map(({ quantity }) => quantity));
      return { kind: 'too-many-units', limit: 5_000, requested: 5_001 };
    },
  });
  const buy = (quantity: number) =>
    fetch(`${shop}/checkout`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': String(quantity) },
      body: JSON.stringify({ userId: 7, items: [{ sku: 'mug', quantity }] }),
    });
  t.is((await buy(5_001)).status, 409);
  t.is((await buy(1_000_001)).status, 422);
  t.deepEqual(asked, [5_001]);
});

test('a checkout that is answered 5xx is counted, also a repeated checkout whose order cannot be read', async (t) => {
  const away = new DomainError('dependency-unavailable', 'MySQL is away');
  const fail = (error: Error) => () => Promise.reject(error);
  const replayed = { kind: 'reserved', checkout: { orderId: randomUUID() }, replayed: true } as never;
  for (const [status, answer, own] of [
    [503, 'overloaded', { checkout: fail(new DomainError('overloaded', 'too many')) }],
    [503, 'unavailable', { checkout: fail(away) }],
    [503, 'unavailable', { checkout: async () => replayed, findOrder: fail(away) }],
    [500, 'failed', { checkout: fail(new Error('a fault')) }],
  ] as const) {
    const counted: string[] = [];
    const shop = await serveShop(t, { ...own, onResult: (result) => void counted.push(result) });
    const body = JSON.stringify({ userId: 7, items: [{ sku: 'mug', quantity: 1 }] });
    const response = await fetch(`${shop}/checkout`, { method: 'POST', headers: { 'idempotency-key': 'k' }, body });
    t.deepEqual([response.status, counted], [status, [answer]]);
  }
});
