import type { IncomingHttpHeaders } from 'node:http';

/** W3C Trace Context, version 00: https://www.w3.org/TR/trace-context/#traceparent-header */
const valid = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Returns the caller's trace for the order's message. A missing or invalid header begins a new trace. */
export function traceparentOf({ traceparent: given }: IncomingHttpHeaders, random: (count: number) => Buffer): string {
  if (typeof given === 'string' && valid.test(given)) return given;
  return `00-${random(16).toString('hex')}-${random(8).toString('hex')}-01`;
}
