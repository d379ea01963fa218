import type { z } from 'zod';
import { DomainError, type InvalidField } from '../domain/errors.js';

/** Errors and parsing for the readers of all providers, so that all of them refuse in the same way. */

export const refused = (): DomainError =>
  new DomainError('signature-refused', 'The signature or its timestamp was not accepted.');

export const invalidEvent = (...fields: readonly InvalidField[]): DomainError =>
  new DomainError('event-invalid', fields.map(({ path, detail }) => `${path.join('.')}: ${detail}`).join('; '), {
    fields,
  });

/** @throws {DomainError} `event-invalid` when the bytes are not JSON in UTF-8 */
export function parseJson(raw: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(raw));
  } catch {
    throw invalidEvent({ path: [], detail: 'expected JSON in UTF-8' });
  }
}

/** @throws {DomainError} `event-invalid` naming each field that does not fit the schema */
export function validated<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalidEvent(...result.error.issues.map(({ path, message }) => ({ path, detail: message })));
}
