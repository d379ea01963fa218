import { DomainError, unavailable } from '../../domain/errors.js';
import type { Trouble } from './server-error.js';
import { proxyErrors, serverErrors } from './server-errors.js';

interface MysqlError extends Error {
  readonly code?: string;
  /** Positive when a server, or a proxy, said it; negative when the operating system did. */
  readonly errno?: number;
  /** mysql2's word for an error that ended the connection. */
  readonly fatal?: boolean;
}

const isMysqlError = (error: unknown): error is MysqlError => error instanceof Error;

const troubles = new Map<number, Trouble>(serverErrors.map(([errno, , trouble]) => [errno, trouble]));

/** The network, names, certificates and our own machine's limits, by the codes of Node and mysql2. */
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

/** Nobody answered, and whoever asked has waited for that already. */
const silence = new Set(['PROTOCOL_SEQUENCE_TIMEOUT', 'ETIMEDOUT']);

/** mysql2 gives neither a code nor a number to what it was asked for after the connection or the pool was closed. */
const toldByName = (error: MysqlError): boolean =>
  error.code === undefined && error.errno === undefined && /in closed state|pool is closed/i.test(error.message);

/** By the number first: mysql2 has a name only for the numbers that it knows. */
export function troubleOf(error: unknown): Trouble | undefined {
  if (!isMysqlError(error)) return undefined;
  const { code = '', errno = 0, fatal = false } = error;
  if (errno > 0) return troubles.get(errno) ?? (isProxys(errno) ? 'outage' : undefined);
  if (silence.has(code)) return 'silence';
  return clientErrors.has(code) || code.startsWith('ERR_SSL_') || fatal || toldByName(error) ? 'outage' : undefined;
}

const isProxys = (errno: number): boolean => proxyErrors.some(({ from, to }) => from <= errno && errno <= to);

/** Told by a transaction that has ended because of it. */
export const isLockWait = (error: unknown): boolean =>
  error instanceof DomainError && troubleOf(error.cause) === 'lock wait';

/** Told by whatever has waited for an answer that did not come. */
export const isSilence = (error: unknown): boolean =>
  error instanceof DomainError && troubleOf(error.cause) === 'silence';

/** The connection is lost, or of no use any more. */
export const isOutage = (error: unknown): boolean => ['outage', 'silence'].includes(troubleOf(error) ?? '');

export const isDuplicateKey = (error: unknown): boolean => isMysqlError(error) && error.errno === 1062;

/** A CHECK or a column's range refuses what the statement computes: MySQL's numbers, and MariaDB's 4025. */
const refusedValues = new Set([1264, 1690, 3819, 4025]);

export const isRefusedValue = (error: unknown): boolean => isMysqlError(error) && refusedValues.has(error.errno ?? 0);

/** mysql2's words, for which it has no code, when as many wait for a connection as the pool lets wait. */
const isFull = (error: unknown): boolean => isMysqlError(error) && error.message === 'Queue limit reached.';

/** What the rest of the program sees: an outage or a full pool is said as one, anything else stays what it is. */
export function translated(error: unknown): unknown {
  if (isFull(error)) return new DomainError('overloaded', 'too many wait for a connection', { cause: error });
  return troubleOf(error) === undefined ? error : unavailable('the database', error);
}
