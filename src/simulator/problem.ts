import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { z } from 'zod';

type FieldError = { pointer: string; detail: string };

/** An error answer in the form of RFC 9457. A route throws this error, and {@link problemHandler} sends it. */
export class ProblemError extends Error {
  override name = 'ProblemError';

  constructor(
    readonly status: number,
    readonly title: string,
    detail: string,
    readonly errors?: FieldError[],
  ) {
    super(detail);
  }
}

/** @throws {ProblemError} 422 with an entry in `errors` for each wrong field */
export function parse<S extends z.ZodType>(schema: S, body: unknown): z.infer<S> {
  const result = schema.safeParse(body ?? {});
  if (result.success) return result.data;
  const errors = result.error.issues.flatMap((issue) => {
    const names = issue.code === 'unrecognized_keys' ? issue.keys : [undefined];
    return names.map((name) => ({
      pointer: `#/${[...issue.path, ...(name === undefined ? [] : [name])].map(String).join('/')}`,
      detail: name === undefined ? issue.message : 'is not a known field',
    }));
  });
  const fields = errors.map(({ pointer }) => pointer).join(', ');
  throw new ProblemError(422, 'Invalid request', `These fields are not valid: ${fields}`, errors);
}

export const notFound: RequestHandler = (request) => {
  throw new ProblemError(404, 'Not found', `There is nothing at ${request.method} ${request.path}`);
};

/** body-parser's errors have a status, and `expose` when their message may be sent. */
const isHttpError = (error: unknown): error is Error & { status: number; expose: true } =>
  error instanceof Error && 'expose' in error && error.expose === true && 'status' in error;

export function problemHandler(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    let problem: ProblemError;
    if (error instanceof ProblemError) problem = error;
    else if (isHttpError(error)) problem = new ProblemError(error.status, 'Unreadable request', error.message);
    else {
      logger.error({ err: error }, 'request failed');
      problem = new ProblemError(500, 'Internal error', 'The simulator failed; its log says why');
    }
    const { status, title, message: detail, errors } = problem;
    const instance = request.originalUrl;
    response.status(status).type('application/problem+json');
    response.send(JSON.stringify({ type: 'about:blank', title, status, detail, instance, ...(errors && { errors }) }));
  };
}
