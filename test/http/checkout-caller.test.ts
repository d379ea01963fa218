import test, { type ExecutionContext } from 'ava';
import { serveShop } from '../helpers/app.js';
import { checkout } from '../helpers/broker.js';

/** Who may call `POST /checkout`, and what the answer to others is. */

const OLD = 'the-old-token-of-the-backend';
const NEW = 'the-new-token-of-the-backend';

interface Shop {
  readonly checkoutTokens?: readonly string[];
  readonly checkoutOpen?: boolean;
}

/** Buys at the shop by both ways of its listener: before Express and, by the spelling of the path, by Express. */
async function buyAt(t: ExecutionContext, shop: Shop) {
  let calls = 0;
  const url = await serveShop(t, {
    checkoutTokens: [],
    checkoutOpen: false,
    ...shop,
    checkout: async () => {
      calls++;
      return { kind: 'reserved', replayed: false, checkout };
    },
  });
  const buy = async (authorization: string | undefined, path = '/checkout') => {
    const response = await fetch(url + path, {
      method: 'POST',
      headers: { 'idempotency-key': 'one', ...(authorization !== undefined && { authorization }) },
      body: JSON.stringify({ userId: 7, items: [{ sku: 'mug', quantity: 1 }] }),
    });
    const { type } = (await response.json()) as { type?: string };
    return { status: response.status, type, challenge: response.headers.get('www-authenticate') };
  };
  const seen = async (authorization: string | undefined) => {
    const answers = [await buy(authorization), await buy(authorization, '/Checkout')];
    t.deepEqual(answers[0], answers[1], `${authorization}`);
    return answers[0]?.status;
  };
  return { buy, seen, calls: () => calls };
}

const wrong = [
  '',
  'Bearer',
  `Bearer ${NEW.slice(0, -1)}`,
  `Bearer ${NEW}x`,
  `Bearer ${NEW} ${OLD}`,
  `Bearer ${NEW.toUpperCase()}`,
  `Basic ${NEW}`,
  NEW,
];

test("a checkout with the backend's token is taken, and one with any other token or without one is a 401", async (t) => {
  const { seen, calls } = await buyAt(t, { checkoutTokens: [NEW] });
  for (const authorization of [undefined, ...wrong]) t.is(await seen(authorization), 401, `${authorization}`);
  t.is(calls(), 0);
  for (const authorization of [`Bearer ${NEW}`, `bearer  ${NEW}`]) t.is(await seen(authorization), 201, authorization);
});

test('during a rotation the old and the new token are taken, and afterwards only the new one', async (t) => {
  const during = await buyAt(t, { checkoutTokens: [NEW, OLD] });
  for (const token of [NEW, OLD]) t.is(await during.seen(`Bearer ${token}`), 201, token);
  t.is(await during.seen(`Bearer ${OLD.slice(0, -1)}`), 401);
  const after = await buyAt(t, { checkoutTokens: [NEW] });
  t.is(await after.seen(`Bearer ${OLD}`), 401);
});

test('an open shop sells without a token, and refuses a wrong one', async (t) => {
  for (const checkoutTokens of [[NEW], []]) {
    const { seen } = await buyAt(t, { checkoutTokens, checkoutOpen: true });
    t.is(await seen(undefined), 201);
    for (const authorization of wrong.slice(1)) t.is(await seen(authorization), 401, authorization);
  }
});

test('a shop that is neither open nor has a token sells to nobody', async (t) => {
  const { seen, calls } = await buyAt(t, {});
  for (const authorization of [undefined, 'Bearer ', ...wrong]) t.is(await seen(authorization), 401, authorization);
  t.is(calls(), 0);
});

test('the 401 names its problem and the challenge, and says whether a token came', async (t) => {
  const { buy } = await buyAt(t, { checkoutTokens: [NEW] });
  const type = 'urn:order-bridge:problem:checkout-token';
  t.deepEqual(await buy(undefined), { status: 401, type, challenge: 'Bearer realm="checkout"' });
  const challenge = 'Bearer realm="checkout", error="invalid_token"';
  t.deepEqual(await buy('Bearer wrong'), { status: 401, type, challenge });
});

test('the token is looked at before the key and the body', async (t) => {
  const url = await serveShop(t, { checkoutOpen: false, checkoutTokens: [NEW] });
  for (const path of ['/checkout', '/Checkout']) {
    t.is((await fetch(url + path, { method: 'POST', body: '{' })).status, 401, path);
  }
});
