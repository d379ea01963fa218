import fc from 'fast-check';
import { validCheckout } from './bad-requests.js';

/** Bytes that are not HTTP, or HTTP that two parsers read differently. No such request may place an order. */

const body = JSON.stringify(validCheckout);
const request = (line: string, headers: readonly string[], content = ''): string =>
  [line, ...headers, '', content].join('\r\n');
const post = (headers: readonly string[], content = body): string =>
  request('POST /checkout HTTP/1.1', ['Host: shop', 'Connection: close', ...headers], content);

const broken: readonly string[] = [
  '',
  '\r\n\r\n',
  'GET\r\n\r\n',
  'GET /\r\n\r\n',
  'GET / HTTP/9.9\r\nHost: shop\r\n\r\n',
  'GET / HTTP/1.1\nHost: shop\n\n',
  'GET / HTTP/1.1\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: shop\r\nHost: other\r\nConnection: close\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'CONNECT shop:443 HTTP/1.1\r\nHost: shop\r\n\r\n',
  'GET http://[::1 HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n',
  'GET /\u0000 HTTP/1.1\r\nHost: shop\r\n\r\n',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: shop\r\n\r\n`,
  `GET / HTTP/1.1\r\nHost: shop\r\n${'X: y\r\n'.repeat(5_000)}\r\n`,
  request('GET / HTTP/1.1', ['Host: shop', 'Upgrade: websocket', 'Connection: Upgrade']),
  request('GET / HTTP/1.1', ['Host: shop', 'No colon', 'Connection: close']),
  request('GET / HTTP/1.1', ['Host: shop', 'A : b', 'Connection: close']),
  request('GET / HTTP/1.1', ['Host: shop', 'A: b', ' folded', 'Connection: close']),
  request('GET / HTTP/1.1', ['Host: shop', `A: ${'b'.repeat(20_000)}`, 'Connection: close']),
  post(['Idempotency-Key: a', 'Idempotency-Key: b', `Content-Length: ${body.length}`]),
  post([`Content-Length: ${body.length}`]),
  post(['Idempotency-Key: a', 'Content-Length: -1']),
  post(['Idempotency-Key: a', 'Content-Length: 1e3']),
  post(['Idempotency-Key: a', `Content-Length: ${body.length}`, 'Content-Length: 3']),
  post(['Idempotency-Key: a', `Content-Length: ${body.length}`, 'Transfer-Encoding: chunked'], `0\r\n\r\n${body}`),
  post(['Idempotency-Key: a', 'Transfer-Encoding: chunked'], `zz\r\n${body}\r\n0\r\n\r\n`),
  post(['Idempotency-Key: a', 'Transfer-Encoding: chunked'], `ffffffffffffffffff\r\n${body}`),
  post(['Idempotency-Key: a', 'Transfer-Encoding: x, chunked, x'], body),
  post(['Idempotency-Key: a', `Content-Length: ${body.length + 1}`]),
  post(['Idempotency-Key: a', 'Content-Length: 0', 'Expect: nonsense']),
  post(['Idempotency-Key: a', 'Content-Length: 5000000']),
];

/** A valid checkout that is cut before its end. A body that did not arrive completely must place no order. */
const whole = post(['Idempotency-Key: a', `Content-Length: ${body.length}`]);

export const badBytes: fc.Arbitrary<Buffer> = fc.oneof(
  fc.constantFrom(...broken).map((text) => Buffer.from(text, 'latin1')),
  fc.nat({ max: whole.length - 1 }).map((end) => Buffer.from(whole.slice(0, end), 'latin1')),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc
    // Empty lines before a request are valid.
    .tuple(fc.integer({ min: 1, max: whole.indexOf('\r\n') }), fc.integer({ min: 0, max: 31 }))
    .map(([at, control]) => Buffer.from(whole.slice(0, at) + String.fromCharCode(control) + whole.slice(at), 'latin1')),
);
