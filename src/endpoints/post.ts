import { Agent, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps, Agent as SecureAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import { messageOf } from '../domain/errors.js';
import { type Address, addressesOf } from './addresses.js';
import type { Allowed } from './target.js';
import type { WebhookRequest } from './webhook.js';

/** A receiver answers at once and works afterwards. A rule of thumb of the field: 10 to 30 s. */
export const ANSWER_LIMIT_MS = 10_000;
/** So much of an answer is read: the beginning of a reason. The rest is dropped with the connection. */
const ANSWER_BYTES = 16 * 1_024;
const LONGEST_REASON = 200;

/** What became of one request to an endpoint. */
export type Answer =
  | { readonly kind: 'taken'; readonly status: number }
  | {
      readonly kind: 'failed';
      readonly status: number | null;
      readonly reason: string;
      /** Of 429 and 503: how long the endpoint asks to wait. */
      readonly retryAfterMs?: number;
    }
  /** 410: the endpoint wants no event any more. */
  | { readonly kind: 'gone'; readonly reason: string }
  /** The caller has aborted the request. Whether the endpoint has the event is not known. */
  | { readonly kind: 'aborted' };

export interface Connections {
  /** The host is looked up and checked for each request; no redirect is followed. */
  readonly post: (webhook: WebhookRequest, signal: AbortSignal) => Promise<Answer>;
  readonly close: () => void;
}

/**
 * Connections to one endpoint, kept for a few requests.
 *
 * @param options.limitMs how long a request may take, from the look-up of the host to the head of the answer
 */
export function openConnections(
  url: string,
  options: Allowed & { readonly limitMs?: number; readonly atOnce?: number },
): Connections {
  const target = new URL(url);
  const isSecure = target.protocol === 'https:';
  const agent = new (isSecure ? SecureAgent : Agent)({ keepAlive: true, maxSockets: options.atOnce ?? 1 });
  const { limitMs = ANSWER_LIMIT_MS } = options;

  async function post(webhook: WebhookRequest, signal: AbortSignal): Promise<Answer> {
    const late = AbortSignal.timeout(limitMs);
    const ended = AbortSignal.any([signal, late]);
    try {
      const addresses = await orAborted(addressesOf(target.hostname, options), ended);
      const response = await send(webhook, addresses, ended);
      return await answerOf(response);
    } catch (error) {
      if (signal.aborted) return { kind: 'aborted' };
      const reason = late.aborted ? `no answer within ${limitMs / 1_000} s` : messageOf(error);
      return { kind: 'failed', status: null, reason };
    }
  }

  function send({ headers, body }: WebhookRequest, addresses: readonly Address[], signal: AbortSignal) {
    return new Promise<IncomingMessage>((resolve, reject) => {
      const request = (isSecure ? requestHttps : requestHttp)(target, {
        method: 'POST',
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        agent,
        signal,
        lookup: onlyTo(addresses),
      });
      request.once('response', resolve).once('error', reject).end(body);
    });
  }

  return { post, close: () => agent.destroy() };
}

/** Answers each look-up of a connection with the addresses that were checked. */
const onlyTo =
  (addresses: readonly Address[]): LookupFunction =>
  (_hostname, { all }, answer) => {
    const [first] = addresses;
    if (all) answer(null, [...addresses]);
    else answer(null, first?.address ?? '', first?.family);
  };

/** A look-up cannot be aborted, and may take minutes. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return await Promise.race([work, aborted]);
}

/** The status alone decides, also where the body never ends or the connection breaks within it. */
async function answerOf(response: IncomingMessage): Promise<Answer> {
  const { statusCode: status = 0, headers } = response;
  if (status >= 200 && status < 300) {
    await beginningOf(response);
    return { kind: 'taken', status };
  }
  const said = (await beginningOf(response)).replace(/[\p{C}\s]+/gu, ' ').trim();
  const reason = `answered ${status}${said === '' ? '' : `: ${said.slice(0, LONGEST_REASON)}`}`;
  if (status === 410) return { kind: 'gone', reason };
  const retryAfterMs = status === 429 || status === 503 ? retryAfter(headers['retry-after']) : undefined;
  return { kind: 'failed', status, reason, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

/** How long the rest of an answer may take after its head. A slow rest gives up the connection, and nothing else. */
const BODY_LIMIT_MS = 1_000;

async function beginningOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  const slow = setTimeout(() => response.destroy(), BODY_LIMIT_MS);
  try {
    for await (const chunk of response) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      // The end of the loop destroys the response.
      if (size > ANSWER_BYTES) break;
    }
  } catch {
    // The head of the answer has come, and it decides.
  } finally {
    clearTimeout(slow);
  }
  return Buffer.concat(chunks).subarray(0, ANSWER_BYTES).toString();
}

/** Seconds, or a date. */
function retryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
