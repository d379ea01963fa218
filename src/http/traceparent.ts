import { randomBytes } from 'node:crypto';
import type { Request } from 'express';

/** W3C Trace Context, version 00: https://www.w3.org/TR/trace-context/#traceparent-header */
const valid = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Returns the caller's trace for the order's message. A missing or invalid header begins a new trace. */
export function traceparentOf(request: Request): string {
  const given = request.get('traceparent');
  if (given !== undefined && valid.test(given)) return given;
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
}
