import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { webhookSecret } from '../helpers/system.js';
import { type BadBody, inherited, type Leaf, missing, notJson, twice, wrongValue } from './bad-json.js';
import type { Sent } from './http-requests.js';

/** Webhooks that are signed and cannot be understood, and webhooks without a valid signature. */

const valid = {
  type: 'payment.succeeded',
  data: { paymentId: 'pay_1', orderId: '01957a3e-0000-7000-8000-000000000001', amount: 1250, currency: 'EUR' },
};

/** A type that moves a deadline needs the same fields. */
const processing = { ...valid, type: 'payment.processing' };

/** What happens at the provider needs fields of its own. */
const money = { paymentId: 'pay_1', amount: 500, currency: 'EUR' };
const failed = { type: 'refund.failed', data: { refundId: 'ref_1', ...money, key: 'refund:pay_1', failure: 'closed' } };
const closed = { type: 'dispute.closed', data: { disputeId: 'dis_1', ...money, reason: 'fraud', outcome: 'lost' } };

const isVisible = (value: unknown, longest: number): boolean =>
  typeof value === 'string' && value.length <= longest && /^[\x21-\x7e]+$/.test(value);
const isAmount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const isCurrency = (value: unknown): boolean => typeof value === 'string' && /^[A-Z]{3}$/.test(value);

const leaves: readonly Leaf[] = [
  // Any other type is ignored, and is valid.
  { path: ['type'], isRight: (value) => typeof value === 'string' },
  { path: ['data'], isRight: () => false },
  { path: ['data', 'paymentId'], isRight: (value) => isVisible(value, 200) },
  { path: ['data', 'orderId'], isRight: (value) => isVisible(value, 64) },
  { path: ['data', 'amount'], isRight: isAmount },
  { path: ['data', 'currency'], isRight: isCurrency },
];

/** A field that may be absent. */
const isText = (value: unknown): boolean => typeof value === 'string' && value.length <= 500;
const ofMoney = leaves.filter(({ path }) => path.join('.') !== 'data.orderId');
const ofRefund: readonly Leaf[] = [
  ...ofMoney,
  { path: ['data', 'refundId'], isRight: (value) => isVisible(value, 200) && value !== '' },
  { path: ['data', 'key'], isRight: (value) => isVisible(value, 255) && value !== '' },
  { path: ['data', 'failure'], isRight: isText },
];
const ofDispute: readonly Leaf[] = [
  ...ofMoney,
  { path: ['data', 'disputeId'], isRight: (value) => isVisible(value, 200) && value !== '' },
  { path: ['data', 'reason'], isRight: isText },
  { path: ['data', 'outcome'], isRight: (value) => value === 'won' || value === 'lost' },
];
const needed = (of: readonly Leaf[]) =>
  of.filter(({ path }) => !['key', 'failure', 'reason'].includes(String(path[1])));

export const badEvent: fc.Arbitrary<BadBody> = fc.oneof(
  { weight: 8, arbitrary: wrongValue(valid, leaves) },
  { weight: 3, arbitrary: wrongValue(processing, leaves) },
  { weight: 3, arbitrary: wrongValue(failed, ofRefund) },
  { weight: 3, arbitrary: wrongValue(closed, ofDispute) },
  { weight: 1, arbitrary: missing(failed, needed(ofRefund)) },
  { weight: 1, arbitrary: missing(closed, needed(ofDispute)) },
  { weight: 2, arbitrary: missing(valid, leaves) },
  { weight: 1, arbitrary: twice(valid, ['data']) },
  { weight: 1, arbitrary: inherited(valid) },
  { weight: 3, arbitrary: notJson(valid) },
);

const seconds = (at: Date): string => String(Math.floor(at.getTime() / 1000));

export function signed(body: Buffer): Sent {
  const [id, at] = [`msg_${randomUUID()}`, new Date()];
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': seconds(at),
    'webhook-signature': new Webhook(webhookSecret).sign(id, at, body),
  };
  return { method: 'POST', path: '/webhooks/payment', headers, body };
}

type Forgery = (headers: Record<string, string>) => Record<string, string | string[]>;

const other =
  (name: string, value: string | string[]): Forgery =>
  (headers) => ({ ...headers, [name]: value });
const without =
  (name: string): Forgery =>
  ({ [name]: _, ...headers }) =>
    headers;
const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;
const visible = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)) });

const forgery: fc.Arbitrary<Forgery> = fc.oneof(
  fc.constantFrom(...names).map(without),
  fc.tuple(fc.constantFrom(...names), visible).map(([name, value]) => other(name, value)),
  fc.constantFrom(...names).map(
    (name): Forgery =>
      (headers) => ({ ...headers, [name]: [headers[name] ?? '', headers[name] ?? ''] }),
  ),
  fc
    .constantFrom('', '0', '-1', '1e99', 'NaN', '2147483648', '99999999999999999999', '0x7fffffff', '١٢٣')
    .map((time) => other('webhook-timestamp', Buffer.from(time).toString('latin1'))),
  fc
    .constantFrom('', 'v1', 'v1,', 'v1,=', 'v2,AAAA', ',', ' ', 'v1a,AAAA', `v1,${'A'.repeat(8_000)}`, 'v1,\u00e9')
    .map((signature) => other('webhook-signature', signature)),
  fc.integer({ min: 301, max: 10 ** 9 }).map(
    (late): Forgery =>
      (headers) => {
        const at = new Date(Date.now() - late * 1000);
        const id = headers['webhook-id'] ?? '';
        const signature = new Webhook(webhookSecret).sign(id, at, JSON.stringify(valid));
        return { ...headers, 'webhook-timestamp': seconds(at), 'webhook-signature': signature };
      },
  ),
);

/** A valid event with a wrong signature, or with a signature over other bytes. */
export const forged: fc.Arbitrary<Sent> = fc.oneof(
  forgery.map((forge): Sent => {
    const { headers, ...sent } = signed(Buffer.from(JSON.stringify(valid)));
    return { ...sent, headers: forge(headers as Record<string, string>) };
  }),
  fc.nat({ max: JSON.stringify(valid).length - 1 }).map((at): Sent => {
    const sent = signed(Buffer.from(JSON.stringify(valid)));
    const body = Buffer.from(sent.body ?? '');
    body.writeUInt8(body.readUInt8(at) ^ 1, at);
    return { ...sent, body };
  }),
);
