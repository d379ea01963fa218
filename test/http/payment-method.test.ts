import test from 'ava';
import type { CheckoutRequest } from '../../src/domain/checkout.js';
import { serveShop } from '../helpers/app.js';

const windows = new Map([
  ['card', 1_800_000],
  ['transfer', 604_800_000],
]);
const usual = { userId: 7, items: [{ sku: 'mug', quantity: 1 }] };

/** A shop that notes the requests, and a buyer. */
async function shop(t: Parameters<typeof serveShop>[0], paymentWindows: ReadonlyMap<string, number> = windows) {
  const asked: CheckoutRequest[] = [];
  const url = await serveShop(t, {
    paymentWindows,
    checkout: async (request) => {
      asked.push(request);
      return { kind: 'out-of-stock', short: [] };
    },
  });
  const buy = async (body: object) => {
    const headers = { 'idempotency-key': 'k' };
    const response = await fetch(`${url}/checkout`, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: response.status, problem: (await response.json()) as { errors?: readonly object[] } };
  };
  return { asked, buy };
}

test('a payment method chooses the window of the checkout, and none leaves the usual window', async (t) => {
  const { asked, buy } = await shop(t);
  await buy({ ...usual, paymentMethod: 'transfer' });
  await buy(usual);
  t.like(asked[0], { paymentMethod: 'transfer', windowMs: 604_800_000 });
  t.false('windowMs' in (asked[1] ?? {}));
});

test('an unknown payment method is refused by its name, with the known ones', async (t) => {
  const { asked, buy } = await shop(t);
  for (const paymentMethod of ['cash', '', 'Card', 'constructor']) {
    const { status, problem } = await buy({ ...usual, paymentMethod });
    t.is(status, 422);
    const detail = 'expected one of card, transfer';
    t.deepEqual(problem.errors, [{ field: 'paymentMethod', pointer: '/paymentMethod', detail }]);
  }
  t.deepEqual(asked, []);
});

test('a shop without payment methods refuses each of them', async (t) => {
  const { buy } = await shop(t, new Map());
  const { status, problem } = await buy({ ...usual, paymentMethod: 'card' });
  t.is(status, 422);
  t.like(problem.errors?.[0], { pointer: '/paymentMethod' });
});

test('the payment method is a part of the fingerprint where it is given, and its window is not', async (t) => {
  const { asked, buy } = await shop(t);
  for (const more of [{}, { paymentMethod: 'card' }, { paymentMethod: 'transfer' }]) await buy({ ...usual, ...more });
  const longer = await shop(t, new Map([['card', 60_000]]));
  await longer.buy({ ...usual, paymentMethod: 'card' });
  const [none, card, transfer] = asked.map(({ fingerprint }) => fingerprint.toString('hex'));
  t.is(new Set([none, card, transfer]).size, 3);
  t.is(longer.asked[0]?.fingerprint.toString('hex'), card);
});
