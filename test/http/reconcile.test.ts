import test, { type ExecutionContext } from 'ava';
import { createSettlements } from '../../src/db/orders/settlements.js';
import type { ReconcileDeps } from '../../src/http/reconcile-route.js';
import { reconcilePayments } from '../../src/process/reconcile-payments.js';
import { serveOperators } from '../helpers/app.js';
import { createDesk, startProvider } from '../helpers/begun.js';
import { count, placeOrder, rows, shopDatabase } from '../helpers/database.js';
import { adminToken } from '../helpers/system.js';

/** `POST /payments/reconcile` of the operators' listener, on a real database. */

async function office(t: ExecutionContext) {
  const { pool } = await shopDatabase(t);
  const { provider, pay, fault } = await startProvider(t);
  const { receive } = createSettlements(pool);
  const asked: unknown[] = [];
  const reconcile: ReconcileDeps['reconcile'] = async ({ dryRun, providers, ...span }) => {
    asked.push({ dryRun, providers, ...span });
    return [await reconcilePayments({ pool, receive: dryRun ? undefined : receive }, provider, span)];
  };
  const url = await serveOperators(t, { providers: [provider.name], reconcile });
  const post = async (body: unknown, token = adminToken) => {
    const answer = await fetch(`${url}/payments/reconcile`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const { orderId } = await placeOrder(pool);
  const { reference } = await createDesk(pool, [provider]).begun(orderId);
  await pay(reference);
  return { pool, asked, post, fault, orderId, reference };
}

const since = new Date(Date.now() - 60_000).toISOString();

test('an operator finds the payment that no webhook has reported, once, and a dry run changes nothing', async (t) => {
  const { pool, post, orderId, reference } = await office(t);
  const found = { paymentId: reference, orderId, amount: 1_250, currency: 'EUR' };
  t.like(await post({ since, dryRun: true }), {
    status: 200,
    body: { providers: [{ provider: 'standard-webhooks', found: [{ ...found, result: 'missing' }], different: [] }] },
  });
  t.is(await count(pool, 'payments'), 0);
  t.like(await post({ since }), { status: 200, body: { providers: [{ found: [{ ...found, result: 'accepted' }] }] } });
  t.like(await rows(pool, 'SELECT status FROM orders'), [{ status: 'paid' }]);
  t.like(await post({ since }), { status: 200, body: { providers: [{ listed: 1, ours: 1, found: [] }] } });
});

test('a wrong field is named, a wrong token is refused, and no provider is asked', async (t) => {
  const { post, asked } = await office(t);
  const wrong: readonly (readonly [body: unknown, field: string])[] = [
    [{}, 'since'],
    [[], 'body'],
    [{ since: 'yesterday' }, 'since'],
    [{ since: '2126-01-01T00:00:00Z' }, 'since'],
    [{ since, until: since }, 'since'],
    [{ since, until: 7 }, 'until'],
    [{ since, provider: 'paypal' }, 'provider'],
    [{ since, dryRun: 'yes' }, 'dryRun'],
    [{ since, all: true }, 'all'],
  ];
  for (const [body, field] of wrong) {
    const answer = await post(body);
    t.is(answer.status, 422, JSON.stringify(body));
    t.is((answer.body['errors'] as { field: string }[])[0]?.field, field);
  }
  t.is((await post('{')).status, 400);
  t.is((await post({ since }, 'wrong')).status, 401);
  t.deepEqual(asked, []);
});

test('a provider that is away is a 503, and the same request finds the payment later', async (t) => {
  const { post, fault } = await office(t);
  await fault({ list: { failNext: 1 } });
  t.is((await post({ since })).status, 503);
  t.like(await post({ since }), { status: 200, body: { providers: [{ found: { length: 1 } }] } });
});
