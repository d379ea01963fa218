import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NextFunction, Request, Response } from 'express';
import { DomainError, type ErrorCode, type InvalidField, messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import type { FieldError, ProblemExtra } from './problem-extra.js';

export type { FieldError };

/** An answer that is not a success, in the form of RFC 9457. Its texts go to the client, so they hold no secret. */
export class Problem extends Error {
  override name = 'Problem';

  constructor(
    readonly status: number,
    /** The last part of the problem's `type`, a name that clients may rely on. */
    readonly code: string,
    readonly title: string,
    detail: string,
    readonly extra: ProblemExtra = {},
  ) {
    super(detail);
  }
}

export const notFound = (detail: string): Problem => new Problem(404, 'not-found', 'Not found', detail);

export const invalid = (errors: readonly FieldError[]): Problem =>
  new Problem(422, 'invalid', 'Invalid request', errors.map(({ field, detail }) => `${field}: ${detail}`).join('; '), {
    errors,
  });

export function fieldError(path: readonly PropertyKey[], detail: string): FieldError {
  const field = path.map((part, index) =>
    typeof part === 'number' ? `[${part}]` : `${index ? '.' : ''}${String(part)}`,
  );
  const pointer = path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`);
  return { field: field.join('') || 'body', pointer: pointer.join(''), detail };
}

const toFieldError = ({ path, in: source, detail }: InvalidField): FieldError =>
  source === 'header' ? { field: path.map(String).join('.'), detail } : fieldError(path, detail);

/** A rule of thumb: short for a customer who waits, and long enough that retries do not keep up an overload. */
const RETRY_AFTER_SECONDS = 2;

/** The client's view of a domain error. The message of a 5xx goes to the log only. */
const byCode: Record<ErrorCode, (error: DomainError) => Problem> = {
  'dependency-unavailable': () =>
    new Problem(
      503,
      'unavailable',
      'Temporarily unavailable',
      'Please retry the same request: what is done already is not done twice.',
      {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      },
    ),
  overloaded: () =>
    new Problem(503, 'overloaded', 'Too many requests at once', 'Nothing was reserved. Please try again.', {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    }),
  'order-unknown': () => notFound('There is no such order.'),
  'event-conflict': (error) => new Problem(409, 'event-conflict', 'Event id used before', error.message),
  'change-refused': (error) => new Problem(409, 'change-refused', 'Not possible now', error.message),
  'signature-refused': (error) => new Problem(401, 'signature', 'Signature not accepted', error.message),
  'event-invalid': (error) => invalid(error.fields.map(toFieldError)),
};

export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof DomainError) return byCode[error.code](error);
  return (
    fromBodyReader(error) ?? new Problem(500, 'internal', 'Internal error', 'The request failed; its id is logged.')
  );
}

/** Express and its body reader mark the client's errors with a 4xx `status`. */
function fromBodyReader(error: unknown): Problem | undefined {
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 500;
  if (status === 413) return tooLarge(error);
  if (status >= 400 && status < 500) return new Problem(status, 'bad-request', 'Bad request', messageOf(error));
  return undefined;
}

function tooLarge(error: unknown): Problem {
  const limit =
    error instanceof Error && 'limit' in error ? ` of at most ${Number(error.limit)} bytes` : ' that is smaller';
  const detail = `expected a body${limit}`;
  return new Problem(413, 'too-large', 'Body too large', detail, { errors: [{ field: 'body', pointer: '', detail }] });
}

/** Also for a request that Express does not know. */
type AnyRequest = IncomingMessage & { readonly originalUrl?: string };

function sendProblem(request: AnyRequest, response: ServerResponse, problem: Problem): void {
  const { status, extra } = problem;
  if (extra.retryAfterSeconds !== undefined) response.setHeader('Retry-After', String(extra.retryAfterSeconds));
  for (const [name, value] of Object.entries(extra.headers ?? {})) response.setHeader(name, value);
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/problem+json');
  const instance = request.originalUrl ?? request.url ?? '';
  response.end(JSON.stringify(problemBody(problem, { instance, requestId: String(request.id) })));
}

/** The body of the answer, of which `/openapi.json` shows examples. */
export function problemBody(
  { status, code, title, message, extra }: Problem,
  request: { readonly instance: string; readonly requestId: string },
): object {
  const { retryAfterSeconds: _seconds, headers: _headers, ...shown } = extra;
  return {
    type: `urn:order-bridge:problem:${code}`,
    title,
    status,
    detail: message,
    ...request,
    ...shown,
  };
}

/** Turns an error of any route into one answer, and logs a 5xx once. @returns whether the answer could be sent */
export function sendError(error: unknown, request: AnyRequest, response: ServerResponse, log: Log): boolean {
  const problem = toProblem(error);
  if (problem.status >= 500) log.error({ err: error, requestId: request.id, url: request.url }, 'request failed');
  if (response.headersSent) return false;
  sendProblem(request, response, problem);
  return true;
}

/** The last handler of Express. */
export function problemHandler(log: Log) {
  return (error: unknown, request: Request, response: Response, next: NextFunction): void => {
    if (!sendError(error, request, response, log)) next(error);
  };
}
