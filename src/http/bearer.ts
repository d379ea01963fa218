import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';

/** The token of an `Authorization: Bearer` header, or an empty string. */
export function bearerToken(request: Request): string {
  const [, token = ''] = /^Bearer +(\S+)$/i.exec(request.get('authorization') ?? '') ?? [];
  return token;
}

/**
 * Compares digests of equal length, so that the time reveals neither the secret's length nor how much of it matches.
 */
export const sameSecret = (expected: string, given: string): boolean =>
  timingSafeEqual(digest(expected), digest(given));

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
