import { createHmac, createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { SignatureKind } from '../domain/endpoint.js';

/**
 * The keys of https://www.standardwebhooks.com: `whsec_` is a secret of `v1`, `whsk_` and `whpk_` are the two parts of a
 * key of `v1a`, each in base64.
 */

const SECRET_BYTES = 32;
/** What stands before the 32 bytes of an ed25519 key in PKCS #8. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const PART_BYTES = 32;

export function newKey(signature: SignatureKind): string {
  if (signature === 'v1') return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return `whsk_${Buffer.concat([d, x].map((part) => Buffer.from(part, 'base64url'))).toString('base64')}`;
}

/** What a receiver verifies with, and may be shown at any time. Null for a secret of `v1`. */
export function publicPart(key: string): string | null {
  return key.startsWith('whsk_') ? `whpk_${bytesOf(key).subarray(PART_BYTES).toString('base64')}` : null;
}

/** One signature for each key, separated by spaces, as the header `webhook-signature` has them. */
export const signaturesOf = (
  keys: readonly string[],
  message: { readonly id: string; readonly timestamp: number; readonly body: string },
): string => {
  const signed = `${message.id}.${message.timestamp}.${message.body}`;
  return keys.map((key) => signatureOf(key, signed)).join(' ');
};

function signatureOf(key: string, signed: string): string {
  if (key.startsWith('whsec_')) {
    return `v1,${createHmac('sha256', bytesOf(key)).update(signed).digest('base64')}`;
  }
  return `v1a,${sign(null, Buffer.from(signed), privateKey(key)).toString('base64')}`;
}

const bytesOf = (key: string): Buffer => Buffer.from(key.slice(key.indexOf('_') + 1), 'base64');

const privateKey = (key: string): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PKCS8, bytesOf(key).subarray(0, PART_BYTES)]), format: 'der', type: 'pkcs8' });
