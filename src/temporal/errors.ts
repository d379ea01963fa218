import { isGrpcServiceError, ServiceError } from '@temporalio/client';
import { NamespaceNotFoundError } from '@temporalio/common';
import { NotSetUp, unavailable } from '../domain/errors.js';

/** The command that prepares a namespace for the processes. */
export const SETUP_COMMAND = 'orders temporal setup';

/**
 * The gRPC errors that end with time, or that an operator mends. INVALID_ARGUMENT (3), ALREADY_EXISTS (6) and
 * OUT_OF_RANGE (11) are faults of the call. docs/errors.md shows this table, and test/temporal/errors.test.ts compares
 * both.
 */
export const grpcOutages: readonly (readonly [code: number, name: string, why: string])[] = [
  [1, 'CANCELLED', 'Our own deadline, or a connection that closes.'],
  [2, 'UNKNOWN', 'A proxy, or a server that is being replaced.'],
  [4, 'DEADLINE_EXCEEDED', 'The server does not answer in time.'],
  [5, 'NOT_FOUND', 'The namespace is not there: the server is still being set up.'],
  [7, 'PERMISSION_DENIED', 'Rights are being changed.'],
  [8, 'RESOURCE_EXHAUSTED', 'A limit of calls or of the system: the server asks to wait.'],
  [9, 'FAILED_PRECONDITION', 'The namespace is not active here, or is being handed over to another cluster.'],
  [10, 'ABORTED', 'The server lost the shard of this workflow while it worked.'],
  [12, 'UNIMPLEMENTED', 'An older server, or a proxy without its backend, during an upgrade.'],
  [13, 'INTERNAL', 'The server, or its database, fails.'],
  [14, 'UNAVAILABLE', 'The server is away; TLS that fails looks the same.'],
  [15, 'DATA_LOSS', 'The database of the server is damaged; an operator restores it.'],
  [16, 'UNAUTHENTICATED', 'The API key or the certificate was rotated.'],
];

const outages = new Set(grpcOutages.map(([code]) => code));

/**
 * The server's message when a call starts or searches workflows with a search attribute that is missing in the namespace.
 */
const noSuchAttribute = /no mapping defined for search attribute|is not a valid search attribute/;

const attributeMissing = (details: string): NotSetUp => new NotSetUp('Temporal', details, SETUP_COMMAND);

/** @returns a {@link DomainError} for an outage of Temporal; any other error, such as INVALID_ARGUMENT, as it is */
export function translated(error: unknown): unknown {
  // The SDK's error for NOT_FOUND.
  if (error instanceof NamespaceNotFoundError) return unavailable('Temporal', error);
  const cause = error instanceof ServiceError ? error.cause : error;
  if (!isGrpcServiceError(cause)) return error;
  // The code is INVALID_ARGUMENT, and the cause is the namespace, in which our search attributes are missing.
  if (noSuchAttribute.test(cause.details)) return attributeMissing(cause.details);
  return outages.has(cause.code) ? unavailable('Temporal', cause) : error;
}
