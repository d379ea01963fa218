/**
 * What can go wrong in this field. Each code is mapped once to an HTTP status (src/http/problem.ts), once to the
 * outcome of a delivery (src/amqp/consumer.ts) and once to an activity failure (activities/failures.ts).
 */
export type ErrorCode =
  | 'dependency-unavailable'
  | 'overloaded'
  | 'order-unknown'
  | 'event-conflict'
  | 'change-refused'
  | 'signature-refused'
  | 'event-invalid';

/** A field that is not as it should be: its path from the root of the body, or the name of a header. */
export interface InvalidField {
  readonly path: readonly PropertyKey[];
  readonly in?: 'header';
  readonly detail: string;
}

export class DomainError extends Error {
  override name = 'DomainError';
  /** What was wrong with what was read, for `event-invalid`. */
  readonly fields: readonly InvalidField[];

  constructor(
    readonly code: ErrorCode,
    message: string,
    { fields = [], ...options }: ErrorOptions & { readonly fields?: readonly InvalidField[] } = {},
  ) {
    super(message, options);
    this.fields = fields;
  }
}

/** A database, broker or Temporal that does not answer: wait and try again, nothing is wrong with the work itself. */
export const unavailable = (dependency: string, cause: unknown): DomainError =>
  new DomainError('dependency-unavailable', `${dependency} is not available: ${messageOf(cause)}`, { cause });

/**
 * A dependency that answers and lacks what this version needs of it. An operator mends that, so for the work it is an
 * outage like any other: it waits and loses no attempt. `message` names what is missing and the command that mends it,
 * holds no secret, and may be shown at `/readyz`.
 */
export class NotSetUp extends DomainError {
  override name = 'NotSetUp';

  /** @param mend the command, and with what account */
  constructor(
    dependency: string,
    lacks: string,
    readonly mend: string,
  ) {
    super('dependency-unavailable', `${dependency} is not set up: ${lacks}. To mend it: ${mend}`);
  }
}

export const isUnavailable = (error: unknown): boolean =>
  error instanceof DomainError && error.code === 'dependency-unavailable';

/** An error of several addresses that were tried has no message of its own, and a code. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || ('code' in error ? String(error.code) : error.name);
}
