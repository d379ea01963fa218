import { isGrpcServiceError, ServiceError } from '@temporalio/client';
import { NamespaceNotFoundError } from '@temporalio/common';
import { NotSetUp, unavailable } from '../domain/errors.js';

/** The command that makes a namespace what the programs need. */
export const SETUP_COMMAND = 'orders temporal setup';

/** gRPC's numbers for what another try may mend: the server is away, busy, or does not let us in just now. */
const passing = new Set([
  1, // CANCELLED, by our own deadline or a closing connection
  2, // UNKNOWN
  4, // DEADLINE_EXCEEDED
  5, // NOT_FOUND: the namespace, on a server that is still being set up
  7, // PERMISSION_DENIED
  8, // RESOURCE_EXHAUSTED
  10, // ABORTED
  13, // INTERNAL
  14, // UNAVAILABLE
  16, // UNAUTHENTICATED
]);

/** What the server says when a workflow is started, or looked for, by a search attribute that it does not have. */
const noSuchAttribute = /no mapping defined for search attribute|is not a valid search attribute/;

const attributeMissing = (details: string): NotSetUp => new NotSetUp('Temporal', details, SETUP_COMMAND);

/** Temporal being away is no fault of the work; INVALID_ARGUMENT and its like are, and stay what they are. */
export function translated(error: unknown): unknown {
  // The client's own words for NOT_FOUND.
  if (error instanceof NamespaceNotFoundError) return unavailable('Temporal', error);
  const cause = error instanceof ServiceError ? error.cause : error;
  // INVALID_ARGUMENT, and no fault of the work: the namespace has not been told of our search attributes.
  if (isGrpcServiceError(cause) && noSuchAttribute.test(cause.details)) return attributeMissing(cause.details);
  if (isGrpcServiceError(cause) && passing.has(cause.code)) return unavailable('Temporal', cause);
  return error;
}
