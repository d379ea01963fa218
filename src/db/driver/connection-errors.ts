import { DomainError, unavailable } from '../../domain/errors.js';
import type { Trouble } from './server-error.js';
import { proxyErrors, serverErrors } from './server-errors.js';

interface MysqlError extends Error {
  readonly code?: string;
  /** Positive from a server or a proxy, negative from the operating system. */
  readonly errno?: number;
  /** mysql2 sets this for an error that ended the connection. */
  readonly fatal?: boolean;
}

const isMysqlError = (error: unknown): error is MysqlError => error instanceof Error;

const troubles = new Map<number, Trouble>(serverErrors.map(([errno, , trouble]) => [errno, trouble]));

/**
 * Errors of the network, of names, of certificates and of our own machine's limits, by the codes of Node and mysql2.
 */
export const clientErrors: ReadonlySet<string> = new Set([
  ...['PROTOCOL_CONNECTION_LOST', 'HANDSHAKE_SSL_ERROR', 'HANDSHAKE_NO_SSL_SUPPORT', 'HANDSHAKE_UNKNOWN_ERROR'],
  ...['AUTH_SWITCH_PLUGIN_ERROR', 'MYSQL_CLEAR_PASSWORD_NOT_ENABLED'],
  ...['ECONNRESET', 'ECONNREFUSED', 'ECONNABORTED', 'EPIPE', 'ENOTCONN', 'ESHUTDOWN', 'EPROTO'],
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'ENETRESET', 'EADDRNOTAVAIL', 'EACCES', 'ENOENT'],
  ...['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_MEMORY', 'EAI_NODATA', 'EAI_SYSTEM'],
  ...['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'],
  ...['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'CERT_REVOKED', 'CERT_UNTRUSTED', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ...['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_GET_ISSUER_CERT'],
  ...['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
]);

/** No answer came, and the caller has waited for the whole time limit already. */
const silence = new Set(['PROTOCOL_SEQUENCE_TIMEOUT', 'ETIMEDOUT']);

/** mysql2 gives neither a code nor a number to the error of a call after the connection or the pool was closed. */
const isCallAfterClose = (error: MysqlError): boolean =>
  error.code === undefined && error.errno === undefined && /in closed state|pool is closed/i.test(error.message);

/** The number counts first: mysql2 has names only for the numbers that it knows. */
export function troubleOf(error: unknown): Trouble | undefined {
  if (!isMysqlError(error)) return undefined;
  const { code = '', errno = 0, fatal = false } = error;
  if (errno > 0) return troubles.get(errno) ?? (isProxys(errno) ? 'outage' : undefined);
  if (silence.has(code)) return 'silence';
  return clientErrors.has(code) || code.startsWith('ERR_SSL_') || fatal || isCallAfterClose(error)
    ? 'outage'
    : undefined;
}

const isProxys = (errno: number): boolean => proxyErrors.some(({ from, to }) => from <= errno && errno <= to);

/** The error of a transaction that has ended because of a lock wait. */
export const isLockWait = (error: unknown): boolean =>
  error instanceof DomainError && troubleOf(error.cause) === 'lock wait';

/** The error of a call that got no answer within its time limit. */
export const isSilence = (error: unknown): boolean =>
  error instanceof DomainError && troubleOf(error.cause) === 'silence';

/** Whether the connection is lost or cannot be used again. */
export const isOutage = (error: unknown): boolean => ['outage', 'silence'].includes(troubleOf(error) ?? '');

export const isDuplicateKey = (error: unknown): boolean => isMysqlError(error) && error.errno === 1062;

/** A foreign key refuses to delete a row that another table refers to. */
export const isReferenced = (error: unknown): boolean => isMysqlError(error) && error.errno === 1451;

/** A CHECK or a column's range refuses what the statement computes: MySQL's numbers, and MariaDB's 4025. */
const refusedValues = new Set([1264, 1690, 3819, 4025]);

export const isRefusedValue = (error: unknown): boolean => isMysqlError(error) && refusedValues.has(error.errno ?? 0);

/** mysql2 has no code for this error: the queue of calls that wait for a connection is full. */
const isFull = (error: unknown): boolean => isMysqlError(error) && error.message === 'Queue limit reached.';

/** The error for the callers outside of src/db: a `DomainError` for an outage or a full pool, otherwise the same error. */
export function translated(error: unknown): unknown {
  if (isFull(error)) return new DomainError('overloaded', 'too many wait for a connection', { cause: error });
  return troubleOf(error) === undefined ? error : unavailable('the database', error);
}
