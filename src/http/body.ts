import express, { type RequestHandler } from 'express';
import type { z } from 'zod';
import { type FieldError, fieldError, invalid, Problem } from './problem.js';

/**
 * For checkouts and webhooks. A checkout of 100 lines has about 10 KB. Only one that has almost every text at its limit,
 * in characters of three or four bytes, is larger than this.
 */
export const LIMIT_BYTES = 64 * 1024;

/** Reads the body as bytes, whatever its content type: webhook signatures are over these bytes. */
export const rawBody: RequestHandler = express.raw({ type: () => true, limit: LIMIT_BYTES });

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The bytes of a body as JSON.
 *
 * @throws {Problem} 400 when it is not JSON in UTF-8
 */
export function readJson(bytes: unknown): unknown {
  try {
    return JSON.parse(utf8.decode(bytes instanceof Uint8Array ? bytes : undefined));
  } catch {
    throw notJson();
  }
}

export const notJson = (): Problem =>
  new Problem(400, 'not-json', 'Not JSON', 'The body must be JSON in UTF-8.', {
    errors: [{ field: 'body', pointer: '', detail: 'expected JSON in UTF-8' }],
  });

/** @throws {Problem} 422 naming each invalid field and what was expected */
export function validate<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(result.error.issues.flatMap(toFieldErrors).slice(0, 20));
}

function toFieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => fieldError([...issue.path, key], 'this field is not known here'));
  }
  return [fieldError(issue.path, issue.message)];
}
