import { randomUUID } from 'node:crypto';
import anyTest, { type TestFn } from 'ava';
import { until } from '../../src/cli/story/until.js';
import { createGate, type Gate } from '../helpers/gate.js';
import { createDatabase, createVhost, temporal } from '../helpers/servers.js';
import {
  adminToken,
  checkoutToken,
  product,
  providerToken,
  type System,
  startSystem,
  webhookSecret,
} from '../helpers/system.js';
import { sendWebhook } from '../helpers/webhook.js';

/** No secret is in a log at level trace, in an answer or in a metric. */

const test = anyTest as TestFn<{
  system: System;
  gate: Gate;
  secrets: Map<string, string>;
  cleanUps: (() => Promise<void>)[];
}>;

test.before(async (t) => {
  const cleanUps: (() => Promise<void>)[] = [];
  const later = { teardown: (cleanUp: () => Promise<void>) => void cleanUps.unshift(cleanUp) };
  const [database, vhost] = [await createDatabase(later), await createVhost(later)];
  const gate = await createGate(later, database.url);
  const system = await startSystem(
    [product('mug', 50), product('last', 1)],
    { LOG_LEVEL: 'trace', MYSQL_URL: gate.url },
    { servers: { mysqlUrl: database.url, amqpUrl: vhost.url, temporalAddress: temporal.address } },
  );
  const secrets = new Map([
    ['the admin token', adminToken],
    ['the checkout token', checkoutToken],
    ['the webhook secret', webhookSecret],
    ['the token of the refund calls', providerToken],
    ["the database's password", new URL(database.url).password],
    ["the broker's password", new URL(vhost.url).password],
  ]);
  t.context = { system, gate, secrets, cleanUps };
});

test.after.always(async (t) => {
  await t.context.system.close();
  for (const cleanUp of t.context.cleanUps) await cleanUp();
});

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

test('requests of every kind, answered or failed, leave no secret in a log, an answer or a metric', async (t) => {
  const { system, gate, secrets } = t.context;
  const { shopUrl, adminUrl, customers, pool } = system;
  const answers: string[] = [];
  const ask = async (url: string, options: RequestInit = {}): Promise<number> => {
    const response = await fetch(url, options);
    answers.push(JSON.stringify([...response.headers]), await response.text());
    return response.status;
  };
  const wrongToken = `guess-${randomUUID()}`;
  secrets.set('a token that was guessed', wrongToken);

  const { body: order } = await customers.buy(1, [{ sku: 'mug', quantity: 1 }]);
  secrets.set('the read token', order.readToken);
  const paths = [
    `/orders/${order.orderId}`,
    `/orders/${randomUUID()}`,
    '/nothing',
    '/openapi.json',
    '/metrics',
    '/readyz',
  ];
  const everything = async (): Promise<number[]> => {
    const seen: number[] = [];
    for (const token of [order.readToken, wrongToken, adminToken]) {
      for (const path of paths) {
        seen.push(await ask(`${shopUrl}${path}`, bearer(token)), await ask(`${adminUrl}${path}`, bearer(token)));
      }
    }
    const cancel = { method: 'POST', ...bearer(wrongToken) };
    seen.push(await ask(`${shopUrl}/orders/${order.orderId}/cancel`, cancel));
    for (const body of ['{', '{}', JSON.stringify({ userId: 2, items: [{ sku: 'last', quantity: 2 }] })]) {
      for (const token of [checkoutToken, wrongToken]) {
        const headers = { 'idempotency-key': randomUUID(), ...bearer(token).headers };
        seen.push(await ask(`${shopUrl}/checkout`, { method: 'POST', headers, body }));
      }
    }
    const { orderId, amount, currency } = order;
    const event = { type: 'payment.failed', data: { paymentId: `pay_${randomUUID()}`, orderId, amount, currency } };
    for (const body of [undefined, '{"forged": true}']) {
      const response = await sendWebhook(shopUrl, event, body === undefined ? {} : { body });
      answers.push(JSON.stringify([...response.headers]), await response.text());
      seen.push(response.status);
    }
    return seen;
  };

  const whileUp = await everything();
  for (const status of [200, 400, 401, 404, 409, 422]) t.true(whileUp.includes(status), `nothing answered ${status}`);

  // An insert that the database refuses: the driver's error carries the statement, with the new order's read token.
  await pool.query('ALTER TABLE checkouts ADD CONSTRAINT not_this_user CHECK (user_id <> 666)');
  t.is((await customers.buy(666, [{ sku: 'mug', quantity: 1 }])).status, 500);

  gate.refuse(true);
  gate.cut();
  t.true((await everything()).includes(503));
  gate.refuse(false);
  await until(
    'the database to be back',
    () => ask(`${shopUrl}/readyz`),
    (status) => status === 200,
  );
  t.is(await ask(`${adminUrl}/orders/${order.orderId}/cancel`, { method: 'POST', ...bearer(adminToken) }), 200);

  for (const url of system.urls()) await ask(`${url}/metrics`);
  await system.stop('bridge');
  await system.stop('worker');

  const logs = system.logs();
  t.regex(logs, /request failed/, 'the logs have the failures');
  t.regex(logs, /GET \/nothing 404/, 'the logs are at their most talkative');
  t.false(/INSERT INTO|read_token/.test(logs), 'a statement is in the logs');
  t.false(/Bearer /.test(logs), 'an authorization header is in the logs');
  for (const [what, secret] of secrets) {
    t.true(secret.length > 8, `${what} is none: ${secret}`);
    for (const form of [secret, secret.replace(/^whsec_/, ''), encodeURIComponent(secret)]) {
      t.false(logs.includes(form), `${what} is in the logs`);
      t.false(answers.join('\n').includes(form), `${what} is in an answer`);
    }
  }
});
