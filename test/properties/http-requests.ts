import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { HELPER_LIMIT_MS } from '../helpers/retried.js';

/** Sends requests that a correct client never sends, and checks each answer. */

export interface Sent {
  readonly method: string;
  /** The path as it is sent: not normalized, not encoded. */
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Buffer;
}

export interface Received {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 8 });

export function send(url: string, { method, path, headers, body }: Sent): Promise<Received> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request(
      { hostname, port, method, path, headers: { ...headers }, agent, timeout: HELPER_LIMIT_MS },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: Buffer.concat(chunks).toString() }),
        );
      },
    );
    sent.on('error', reject);
    sent.on('timeout', () => sent.destroy(new Error(`no answer to ${method} ${path}`)));
    sent.end(body);
  });
}

/** Writes bytes to the port, and returns all bytes that the server sends until it closes. */
export function sendBytes(url: string, bytes: Buffer): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let text = '';
    socket.setTimeout(HELPER_LIMIT_MS, () => socket.destroy(new Error('the server neither answers nor closes')));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    // A server may close before it has read everything.
    socket.on('error', (error) => ('code' in error && text !== '' ? resolve(text) : reject(error)));
    socket.on('close', () => resolve(text));
    socket.end(bytes);
  });
}

export interface ProblemBody {
  readonly status: number;
  readonly errors?: readonly { readonly field: string; readonly detail: string }[];
}

/**
 * Checks the answer to a bad request: a 4xx with a problem document of RFC 9457. A 422 names each invalid field.
 *
 * @returns the problem, or what is wrong with the answer
 */
function problemOf({ status, headers, text }: Received): ProblemBody | string {
  const seen = `${status} ${headers['content-type']} ${text.slice(0, 300)}`;
  if (status < 400 || status > 499) return `not refused: ${seen}`;
  if (headers['content-type'] !== 'application/problem+json') return `no problem+json: ${seen}`;
  const problem = JSON.parse(text) as Record<string, unknown> & ProblemBody;
  for (const name of ['type', 'title', 'detail', 'instance', 'requestId']) {
    if (typeof problem[name] !== 'string' || problem[name] === '') return `no ${name}: ${seen}`;
  }
  if (problem.status !== status) return `another status inside: ${seen}`;
  const named = problem.errors?.every(({ field, detail }) => field !== '' && detail !== '') ?? false;
  if (status === 422 && !(named && problem.errors?.length)) return `no field is named: ${seen}`;
  return problem;
}

/** @throws when the request is not refused with one of these statuses, or a 422 does not name the field */
export function refused(answer: Received, statuses: readonly number[], field?: string): void {
  const problem = problemOf(answer);
  if (typeof problem === 'string') throw new Error(problem);
  if (!statuses.includes(problem.status)) throw new Error(`${problem.status} instead of ${statuses}: ${answer.text}`);
  if (problem.status !== 422 || field === undefined) return;
  const fields = problem.errors?.map((error) => error.field) ?? [];
  const isNamed = fields.some((named) => named.startsWith(field) || field.startsWith(named));
  if (!isNamed) throw new Error(`${field} is not among the fields named: ${fields}`);
}
