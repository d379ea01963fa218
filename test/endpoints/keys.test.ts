import { createPublicKey, verify } from 'node:crypto';
import test from 'ava';
import { Webhook } from 'standardwebhooks';
import { newKey, publicPart, signaturesOf } from '../../src/endpoints/keys.js';

const message = { id: 'msg_1', timestamp: Math.floor(Date.now() / 1_000), body: '{"type":"order.paid","ö":1}' };
const headersOf = (signatures: string) => ({
  'webhook-id': message.id,
  'webhook-timestamp': String(message.timestamp),
  'webhook-signature': signatures,
});

test('a signature of v1 is verified by the library of Standard Webhooks, by the new and by the old secret', (t) => {
  const [older, newer] = [newKey('v1'), newKey('v1')];
  t.regex(older, /^whsec_[\w+/]{43}=$/);
  t.is(publicPart(older), null);
  const headers = headersOf(signaturesOf([newer, older], message));
  for (const key of [older, newer])
    t.deepEqual(new Webhook(key).verify(message.body, headers), JSON.parse(message.body));
  t.throws(() => new Webhook(newKey('v1')).verify(message.body, headers));
  t.throws(() => new Webhook(older).verify(`${message.body} `, headers));
});

test('a signature of v1a is one of ed25519 by the public key, over id, timestamp and body', (t) => {
  const key = newKey('v1a');
  t.regex(key, /^whsk_[\w+/]{86}==$/);
  const publicKey = publicPart(key) ?? '';
  t.regex(publicKey, /^whpk_[\w+/]{43}=$/);
  const [version, signature = ''] = signaturesOf([key], message).split(',');
  t.is(version, 'v1a');
  const x = Buffer.from(publicKey.slice('whpk_'.length), 'base64').toString('base64url');
  const verifier = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const holds = (text: string) => verify(null, Buffer.from(text), verifier, Buffer.from(signature, 'base64'));
  t.true(holds(`${message.id}.${message.timestamp}.${message.body}`));
  t.false(holds(`${message.id}.${message.timestamp + 1}.${message.body}`));
});
