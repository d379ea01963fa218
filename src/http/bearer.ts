import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';

/** The token of an `Authorization: Bearer` header; empty when there is none. */
export function bearerToken(request: Request): string {
  const [, token = ''] = /^Bearer +(\S+)$/i.exec(request.get('authorization') ?? '') ?? [];
  return token;
}

/** Digests have one length, so that the time it takes tells neither how long the secret is nor how much of it fits. */
export const sameSecret = (expected: string, given: string): boolean =>
  timingSafeEqual(digest(expected), digest(given));

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
