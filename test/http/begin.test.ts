import test, { type ExecutionContext } from 'ava';
import { findOrder } from '../../src/db/orders/orders.js';
import type { AskedBegin, BeginResult } from '../../src/domain/begun-payment.js';
import { serveShop } from '../helpers/app.js';
import { placeOrder, shopDatabase } from '../helpers/database.js';

/** `POST /orders/:orderId/payments`. */

async function shop(t: ExecutionContext) {
  const { pool } = await shopDatabase(t);
  const asked: AskedBegin[] = [];
  let result: BeginResult = { kind: 'free' };
  const url = await serveShop(t, {
    findOrder: (orderId) => findOrder(pool, orderId),
    beginPayment: async (one) => {
      asked.push(one);
      return result;
    },
  });
  const order = await placeOrder(pool);
  const begin = async (body?: unknown, token: string = order.readToken, orderId = order.orderId) => {
    const answer = await fetch(`${url}/orders/${orderId}/payments`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> };
  };
  const answerWith = (next: BeginResult): void => {
    result = next;
  };
  return { order, asked, begin, answerWith };
}

test('the customer gets what the page of the shop uses, and a repetition says so', async (t) => {
  const { order, asked, begin, answerWith } = await shop(t);
  const { orderId, amount, currency, expiresAt } = order;
  const answer = {
    orderId,
    provider: 'stripe',
    reference: 'pi_1',
    as: 'client-secret',
    amount,
    currency,
    expiresAt,
  } as const;
  answerWith({ kind: 'begun', answer: { ...answer, handle: { clientSecret: 'pi_1_secret_2' }, replayed: false } });
  const first = await begin();
  t.is(first.status, 201);
  t.is(first.headers.get('idempotent-replayed'), null);
  t.is(first.headers.get('cache-control'), 'no-store');
  const { reference: paymentId, ...shown } = answer;
  t.deepEqual(first.body, { ...shown, expiresAt: expiresAt.toISOString(), paymentId, clientSecret: 'pi_1_secret_2' });
  answerWith({ kind: 'begun', answer: { ...answer, handle: { url: 'https://pay.example.com/1' }, replayed: true } });
  const second = await begin(
    { as: 'page', returnUrl: 'https://shop.example.com/ö?id={CHECKOUT_SESSION_ID}' },
    order.readToken,
    orderId.toUpperCase(),
  );
  t.is(second.headers.get('idempotent-replayed'), 'true');
  t.is(second.body['url'], 'https://pay.example.com/1');
  t.deepEqual(asked, [
    { orderId },
    { orderId, as: 'page', returnUrl: 'https://shop.example.com/%C3%B6?id={CHECKOUT_SESSION_ID}' },
  ]);
});

test('each refusal has a type of its own', async (t) => {
  const { begin, answerWith } = await shop(t);
  const refusals: readonly (readonly [Parameters<typeof answerWith>[0], status: number, type: string])[] = [
    [{ kind: 'ended', status: 'paid' }, 409, 'order-not-payable'],
    [{ kind: 'overdue', expiresAt: new Date() }, 409, 'order-not-payable'],
    [{ kind: 'free' }, 409, 'nothing-to-pay'],
    [{ kind: 'begun-otherwise', as: 'page' }, 409, 'payment-begun'],
    [{ kind: 'processing' }, 409, 'payment-processing'],
    [{ kind: 'refused', why: 'too small' }, 409, 'payment-refused'],
    [{ kind: 'no-provider', known: [] }, 409, 'no-payment-provider'],
    [{ kind: 'no-provider', known: ['stripe'] }, 422, 'invalid'],
    [{ kind: 'not-here', field: 'as', expected: 'page' }, 422, 'invalid'],
  ];
  for (const [result, status, type] of refusals) {
    answerWith(result);
    t.like(await begin({}), { status, body: { type: `urn:order-bridge:problem:${type}`, status } }, result.kind);
  }
});

test('a wrong token is answered like an unknown order, and nothing begins', async (t) => {
  const { begin, asked } = await shop(t);
  t.is((await begin({}, 'wrong')).status, 404);
  t.is((await begin({}, undefined, '01a2f0de-7c11-7e57-8a51-5b2f6c1f9e10')).status, 404);
  t.deepEqual(asked, []);
});

test('a wrong field is named, and nothing begins', async (t) => {
  const { begin, asked } = await shop(t);
  const wrong: readonly (readonly [body: unknown, field: string])[] = [
    [[], 'body'],
    [null, 'body'],
    ['7', 'body'],
    [{ amount: 1 }, 'amount'],
    [{ provider: 7 }, 'provider'],
    [{ as: 'cash' }, 'as'],
    [{ returnUrl: 'thanks.html' }, 'returnUrl'],
    [{ returnUrl: 'javascript:alert(1)' }, 'returnUrl'],
    [{ cancelUrl: 'https://ada:secret@shop.example.com/' }, 'cancelUrl'],
    [{ returnUrl: `https://shop.example.com/${'a'.repeat(2_000)}` }, 'returnUrl'],
  ];
  for (const [body, field] of wrong) {
    const { status, body: problem } = await begin(body);
    t.is(status, 422, JSON.stringify(body));
    t.is((problem['errors'] as { field: string }[])[0]?.field, field);
  }
  t.is((await begin('{')).status, 400);
  t.deepEqual(asked, []);
});
