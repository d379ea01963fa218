import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';

/** The token of an `Authorization: Bearer` header, or an empty string. */
export const bearerToken = (request: Request): string => bearerIn(request.get('authorization'));

export function bearerIn(header: string | undefined): string {
  const [, token = ''] = /^Bearer +(\S+)$/i.exec(header ?? '') ?? [];
  return token;
}

/**
 * Compares digests of equal length, so that the time reveals neither the secret's length nor how much of it matches.
 */
export const sameSecret = (expected: string, given: string): boolean =>
  timingSafeEqual(digest(expected), digest(given));

/** Compares a text with every one of these secrets, also after a match: the time reveals not which secret it is. */
export function createSecrets(secrets: readonly string[]): (given: string) => boolean {
  const expected = secrets.map(digest);
  return (given) => {
    const found = digest(given);
    return expected.reduce((isOne, secret) => timingSafeEqual(secret, found) || isOne, false);
  };
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
