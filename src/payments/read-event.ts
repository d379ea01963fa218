import type { z } from 'zod';
import { DomainError, type InvalidField } from '../domain/errors.js';

/** What every provider's reader needs: the same refusals, whatever the signature's scheme. */

export const refused = (): DomainError =>
  new DomainError('signature-refused', 'The signature or its timestamp was not accepted.');

export const invalidEvent = (...fields: readonly InvalidField[]): DomainError =>
  new DomainError('event-invalid', fields.map(({ path, detail }) => `${path.join('.')}: ${detail}`).join('; '), {
    fields,
  });

/** @throws {DomainError} `event-invalid` when it is not JSON in UTF-8 */
export function parseJson(raw: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(raw));
  } catch {
    throw invalidEvent({ path: [], detail: 'expected JSON in UTF-8' });
  }
}

/** @throws {DomainError} `event-invalid` naming each field that is not as the schema wants it */
export function validated<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalidEvent(...result.error.issues.map(({ path, message }) => ({ path, detail: message })));
}
