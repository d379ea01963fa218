import test from 'ava';
import { Webhook } from 'standardwebhooks';
import { createStandardWebhooks } from '../../src/payments/standard-webhooks.js';

/** The webhooks of the first provider that are accepted, and the fields that are read from them. */

const [secret, newer, unknown] = ['old', 'new', 'unknown'].map(
  (name) => `whsec_${Buffer.from(`the ${name} secret of the tests`).toString('base64')}`,
) as [string, string, string];

const data = { paymentId: 'pay-1', orderId: 'order-1', amount: 1250, currency: 'EUR' };
const body = JSON.stringify({ type: 'payment.succeeded', timestamp: '2026-01-01T00:00:00Z', data });

interface Request {
  readonly raw: Buffer;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** A request as the provider sends it; `at` is in seconds from now. */
function signed(text: string, { by = secret, id = 'msg-1', at = 0 } = {}): Request {
  const time = new Date(Date.now() + at * 1000);
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(time.getTime() / 1000)),
    'webhook-signature': new Webhook(by).sign(id, time, text),
  };
  return { raw: Buffer.from(text), headers };
}

const read = ({ raw, headers }: Request, secrets = [secret]) =>
  createStandardWebhooks({ secrets }).read(raw, (name) => headers[name]);

const refused = { name: 'DomainError', code: 'signature-refused' } as const;

test('a signed webhook is read, with the id of its header and a digest of its bytes', (t) => {
  const event = read(signed(body));
  t.like(event, { provider: 'standard-webhooks', eventId: 'msg-1', type: 'payment.succeeded', ...data });
  const again = read(signed(`${body} `));
  t.notDeepEqual(event, again, 'other bytes are another digest');
});

test('a payment in processing and a failed one have the fields of a payment', (t) => {
  for (const type of ['payment.processing', 'payment.failed']) {
    t.like(read(signed(JSON.stringify({ type, data }))), { type, ...data });
    t.throws(() => read(signed(JSON.stringify({ type, data: { ...data, amount: 1.5 } }))), { code: 'event-invalid' });
  }
});

test('a signature with another secret is refused', (t) => {
  t.throws(() => read(signed(body, { by: unknown })), refused);
});

test('both secrets are accepted during a rotation, and the old secret is refused afterwards', (t) => {
  for (const by of [secret, newer]) t.notThrows(() => read(signed(body, { by }), [newer, secret]));
  t.throws(() => read(signed(body, { by: unknown }), [newer, secret]), refused);
  t.throws(() => read(signed(body, { by: secret }), [newer]), refused);
});

test('a webhook that is signed with both secrets is accepted with either secret', (t) => {
  const [wrong, right] = [signed(body, { by: unknown }), signed(body)];
  const signatures = [wrong, right].map(({ headers }) => headers['webhook-signature']).join(' ');
  t.notThrows(() => read({ ...right, headers: { ...right.headers, 'webhook-signature': signatures } }));
});

test('every webhook is refused without a secret', (t) => {
  t.throws(() => read(signed(body), []), refused);
});

for (const [at, accepted] of [
  [-310, false],
  [-290, true],
  [290, true],
  [310, false],
] as const) {
  test(`a timestamp ${Math.abs(at)} s in the ${at < 0 ? 'past' : 'future'} is ${accepted ? 'accepted' : 'refused'}`, (t) => {
    const request = signed(body, { at });
    if (accepted) t.notThrows(() => read(request));
    else t.throws(() => read(request), refused);
  });
}

test('a changed timestamp is refused, also within the tolerance', (t) => {
  const { raw, headers } = signed(body, { at: -10 });
  const moved = String(Number(headers['webhook-timestamp']) + 10);
  t.throws(() => read({ raw, headers: { ...headers, 'webhook-timestamp': moved } }), refused);
});

test('a body with any one byte changed is refused', (t) => {
  const { raw, headers } = signed(body);
  for (let index = 0; index < raw.length; index++) {
    const changed = Buffer.from(raw);
    changed[index] = (raw[index] ?? 0) ^ 1;
    t.throws(() => read({ raw: changed, headers }), refused, `byte ${index}`);
  }
});

for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
  test(`a webhook without ${name} is refused`, (t) => {
    const { raw, headers } = signed(body);
    t.throws(() => read({ raw, headers: { ...headers, [name]: undefined } }), refused);
    t.throws(() => read({ raw, headers: { ...headers, [name]: '' } }), refused);
  });
}

for (const signature of ['v1', 'v1,', 'v1,AAAA', 'v2,AAAA', ',', 'v1a,x', '💥', 'v1,'.repeat(5000)]) {
  test(`the signature ${JSON.stringify(signature.slice(0, 10))} is refused`, (t) => {
    const { raw, headers } = signed(body);
    t.throws(() => read({ raw, headers: { ...headers, 'webhook-signature': signature } }), refused);
  });
}

/** From https://github.com/standard-webhooks/standard-webhooks, which tests every library with this vector. */
const published = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  at: new Date(1614265330 * 1000),
  raw: Buffer.from('{"test": 2432232314}'),
  headers: {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  },
} as const;

/** Sets the clock for the library. The reader is synchronous, so no other test sees this clock. */
function atTimeOf<T>(time: Date, work: () => T): T {
  const { now } = Date;
  Date.now = () => time.getTime();
  try {
    return work();
  } finally {
    Date.now = now;
  }
}

test.serial('the published test vector is accepted at its time, and its body is invalid', (t) => {
  const { raw, headers, secret: key, at } = published;
  const failure = t.throws(() => atTimeOf(at, () => read({ raw, headers }, [key])), { code: 'event-invalid' });
  t.regex(failure?.message ?? '', /^type: expected/);
  t.is(new Webhook(key).sign(headers['webhook-id'], at, raw), headers['webhook-signature']);
});

test.serial('the published test vector is refused with one byte changed, and refused today', (t) => {
  const { raw, headers, secret: key, at } = published;
  t.throws(() => atTimeOf(at, () => read({ raw: Buffer.from('{"test": 2432232315}'), headers }, [key])), refused);
  t.throws(() => read({ raw, headers }, [key]), refused);
});

const readText = (text: string, id = 'msg-1') => read(signed(text, { id }));

for (const type of ['payment.refunded', 'constructor', '', 'PAYMENT.SUCCEEDED']) {
  test(`the type ${JSON.stringify(type)} is ignored, whatever its data`, (t) => {
    t.deepEqual(readText(JSON.stringify({ type, data: 7 })), { result: 'ignored', type: 'unknown' });
  });
}

const invalid: readonly (readonly [what: string, text: string, field: string])[] = [
  ['what is not JSON', 'payment', ''],
  ['nothing', '', ''],
  ['a list', '[]', ''],
  ['null', 'null', ''],
  ['a type that is no text', '{"type": 7}', 'type'],
  ['no data', '{"type": "payment.succeeded"}', 'data'],
  ...Object.entries({
    paymentId: ['', 'x'.repeat(201), 'a b', 'ü', 7],
    orderId: ['', 'x'.repeat(65), null],
    amount: ['1250', 12.5, -1, 2 ** 53, null],
    currency: ['eur', 'EURO', '', 978],
  }).flatMap(([field, values]) =>
    values.map((value) => {
      const shown = JSON.stringify(value);
      const text = JSON.stringify({ type: 'payment.succeeded', data: { ...data, [field]: value } });
      return [`${field} ${shown.slice(0, 20)}`, text, `data.${field}`] as const;
    }),
  ),
];

for (const [what, text, field] of invalid) {
  test(`${what} is invalid, and the field is named`, (t) => {
    const failure = t.throws(() => readText(text), { code: 'event-invalid' }) as unknown as {
      fields: { path: string[] }[];
    };
    t.deepEqual(
      failure.fields.map(({ path }) => path.join('.')),
      [field],
    );
  });
}

test('bytes that are not UTF-8 are invalid, also with a valid signature', (t) => {
  const { headers } = signed('{"type": "�"}');
  const raw = Buffer.from([...Buffer.from('{"type": "'), 0xff, ...Buffer.from('"}')]);
  t.throws(() => read({ raw, headers }), { code: 'event-invalid' });
});

test('an id that its column cannot store is invalid, and the header is named', (t) => {
  for (const id of ['x'.repeat(256), 'a b', 'ü']) {
    const failure = t.throws(() => readText(body, id), { code: 'event-invalid' });
    t.regex(failure?.message ?? '', /^webhook-id: /);
  }
});

test('an order id in capitals is the same order, and an id that is no UUID is not changed', (t) => {
  const orderId = '01957A3E-ABCD-7000-8000-00000000ABCD';
  const readWith = (id: string) =>
    readText(JSON.stringify({ type: 'payment.succeeded', data: { ...data, orderId: id } }));
  t.like(readWith(orderId), { orderId: orderId.toLowerCase() });
  t.like(readWith('ORDER-1'), { orderId: 'ORDER-1' });
});
