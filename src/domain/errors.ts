/**
 * The errors of the domain. Each code is mapped once to an HTTP status (src/http/problem.ts), once to the
 * outcome of a delivery (src/amqp/delivery.ts) and once to an activity failure (activities/failures.ts).
 */
export type ErrorCode =
  | 'dependency-unavailable'
  | 'overloaded'
  | 'order-unknown'
  | 'event-conflict'
  | 'change-refused'
  | 'signature-refused'
  | 'event-invalid';

/** An invalid field. `path` is the field's path from the root of the body, or the name of a header. */
export interface InvalidField {
  readonly path: readonly PropertyKey[];
  readonly in?: 'header';
  readonly detail: string;
}

export class DomainError extends Error {
  override name = 'DomainError';
  /** The invalid fields of an event, for `event-invalid`. */
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

/** The database, the broker, Temporal or the payment provider does not answer. The work itself is fine: wait, and retry. */
export const unavailable = (dependency: string, cause: unknown): DomainError =>
  new DomainError('dependency-unavailable', `${dependency} is not available: ${messageOf(cause)}`, { cause });

/**
 * A dependency answers, and something that this version needs is missing there. An operator mends this, so the error
 * counts as an outage: the work waits and loses no attempt. `message` names what is missing and the command that mends
 * it. `message` has no secret, and may be shown at `/readyz`.
 */
export class NotSetUp extends DomainError {
  override name = 'NotSetUp';

  /** @param mend the command, and the account that may run the command */
  constructor(
    dependency: string,
    problem: string,
    readonly mend: string,
  ) {
    super('dependency-unavailable', `${dependency} is not set up: ${problem}. To mend it: ${mend}`);
  }
}

export const isUnavailable = (error: unknown): boolean =>
  error instanceof DomainError && error.code === 'dependency-unavailable';

/** When several addresses of a host refuse a connection, Node's error has a code and an empty message. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || ('code' in error ? String(error.code) : error.name);
}
