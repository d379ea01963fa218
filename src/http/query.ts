import type { Request } from 'express';
import type { z } from 'zod';
import { validate } from './body.js';
import { invalid } from './problem.js';

/**
 * The query of a request. Each parameter is a text and occurs once.
 *
 * @throws {Problem} 422 naming each parameter that is unknown or wrong
 */
export function validateQuery<T>(schema: z.ZodType<T>, { originalUrl }: Pick<Request, 'originalUrl'>): T {
  const given = [...new URL(originalUrl, 'http://localhost').searchParams];
  const query = new Map(given);
  if (query.size < given.length) {
    const names = given.map(([name]) => name);
    const repeated = new Set(names.filter((name, index) => names.indexOf(name) < index));
    throw invalid([...repeated].map((name) => ({ field: name, detail: 'expected once' })));
  }
  return validate(schema, Object.fromEntries(query));
}
