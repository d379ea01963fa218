import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import type { CheckoutRequest } from '../../src/domain/checkout.js';
import { serveShop } from '../helpers/app.js';

/** `userId` of a checkout: a number, a text, or absent. */

interface Answer {
  readonly status: number;
  readonly errors?: readonly { readonly field: string; readonly detail: string }[];
}

async function shop(t: ExecutionContext) {
  const asked: CheckoutRequest[] = [];
  const url = await serveShop(t, {
    checkout: async (request) => {
      asked.push(request);
      return { kind: 'too-many-open-orders', limit: 1 };
    },
  });
  const buy = async (fields: object): Promise<Answer> => {
    const response = await fetch(`${url}/checkout`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
      body: JSON.stringify({ ...fields, items: [{ sku: 'mug', quantity: 1 }] }),
    });
    return { status: response.status, errors: ((await response.json()) as Answer).errors ?? [] };
  };
  return { asked, buy };
}

for (const [given, customer] of [
  [7, 7],
  [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ['7', 7],
  ['9007199254740991', 9007199254740991],
  ['9007199254740993', '9007199254740993'],
  ['007', '007'],
  ['0', '0'],
  ['-7', '-7'],
  ['01a2f0de-7c11-7e57-8a51-5b2f6c1f9e10', '01a2f0de-7c11-7e57-8a51-5b2f6c1f9e10'],
  ['ann b+shop@example.org', 'ann b+shop@example.org'],
  ['e\u0301', '\u00e9'],
  ['\u{1f9e6}'.repeat(64), '\u{1f9e6}'.repeat(64)],
  [undefined, null],
] as const) {
  test(`the userId ${JSON.stringify(given)} is the customer ${JSON.stringify(customer)}`, async (t) => {
    const { asked, buy } = await shop(t);
    t.is((await buy({ userId: given })).status, 409);
    t.is(asked[0]?.userId, customer);
  });
}

test('the number 7 and the text "7" are one customer, whose requests have one fingerprint', async (t) => {
  const { asked, buy } = await shop(t);
  for (const userId of [7, '7', '07', undefined]) await buy({ userId });
  const prints = asked.map(({ fingerprint }) => fingerprint.toString('hex'));
  t.is(prints[0], prints[1]);
  t.is(new Set(prints).size, 3);
});

const long = 'x'.repeat(65);
for (const userId of [0, -1, 1.5, 2 ** 53, '', ' ', ' ann', 'ann ', 'a\nb', 'a\u0000', long, null, true, [], {}, [7]]) {
  test(`the userId ${JSON.stringify(userId)} is refused with what was expected, and nothing is reserved`, async (t) => {
    const { asked, buy } = await shop(t);
    const { status, errors } = await buy({ userId });
    t.is(status, 422);
    t.deepEqual(
      errors?.map(({ field }) => field),
      ['userId'],
    );
    t.regex(
      errors?.[0]?.detail ?? '',
      /^expected a whole number from 1 to 9007199254740991, or a text of 1 to 64 printable /,
    );
    t.deepEqual(asked, []);
  });
}
