import { randomUUID } from 'node:crypto';
import test from 'ava';
import { Webhook } from 'standardwebhooks';
import { createStandardWebhooks } from '../../src/payments/standard-webhooks.js';
import { webhookSecret } from '../helpers/system.js';

/** What a provider of Standard Webhooks reports about refunds and disputes. */

function read(event: object) {
  const [body, id, at] = [JSON.stringify(event), `msg_${randomUUID()}`, new Date()];
  const headers: Record<string, string> = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(webhookSecret).sign(id, at, body),
  };
  const report = createStandardWebhooks({ secrets: [webhookSecret] }).read(Buffer.from(body), (name) => headers[name]);
  const { eventId: _, bodySha256, ...rest } = report as { eventId: string; bodySha256: Buffer };
  return { digest: bodySha256.length, rest };
}

const money = { paymentId: 'pay_1', amount: 500, currency: 'EUR' };
const provider = 'standard-webhooks';

for (const [type, data, wanted] of [
  ['refund.succeeded', { refundId: 'ref_1', key: 'refund:pay_1', more: 1 }, { refundId: 'ref_1', key: 'refund:pay_1' }],
  ['refund.succeeded', { refundId: 'ref_1' }, { refundId: 'ref_1' }],
  ['refund.failed', { refundId: 'ref_1', failure: 'closed' }, { refundId: 'ref_1', failure: 'closed' }],
  ['dispute.opened', { disputeId: 'dis_1', reason: 'fraud' }, { disputeId: 'dis_1', reason: 'fraud' }],
  ['dispute.closed', { disputeId: 'dis_1', outcome: 'won' }, { disputeId: 'dis_1', outcome: 'won' }],
] as const) {
  test(`${type} with ${Object.keys(data).join(', ')} is read by its known fields`, (t) => {
    const { digest, rest } = read({ type, data: { ...money, ...data } });
    t.is(digest, 32);
    t.deepEqual(rest as object, { provider, type, ...money, ...wanted });
  });
}

for (const [type, data, field] of [
  ['refund.succeeded', {}, 'data.refundId'],
  ['refund.failed', { refundId: 'a b' }, 'data.refundId'],
  ['refund.failed', { refundId: 'ref_1', failure: 'x'.repeat(501) }, 'data.failure'],
  ['refund.succeeded', { refundId: 'ref_1', key: '' }, 'data.key'],
  ['dispute.opened', { disputeId: 7 }, 'data.disputeId'],
  ['dispute.closed', { disputeId: 'dis_1', outcome: 'drawn' }, 'data.outcome'],
  ['dispute.closed', { disputeId: 'dis_1' }, 'data.outcome'],
  ['dispute.opened', { disputeId: 'dis_1', amount: -1 }, 'data.amount'],
  ['dispute.opened', { disputeId: 'dis_1', currency: 'eur' }, 'data.currency'],
] as const) {
  test(`${type} with ${JSON.stringify(data).slice(0, 40)} is refused by ${field}`, (t) => {
    const error = t.throws(() => read({ type, data: { ...money, ...data } }), { code: 'event-invalid' } as never);
    t.true(error?.message.startsWith(`${field}: `), error?.message);
  });
}
