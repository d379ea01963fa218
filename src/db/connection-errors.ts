import { DomainError, unavailable } from '../domain/errors.js';

interface MysqlError extends Error {
  readonly code?: string;
  readonly errno?: number;
}

const isMysqlError = (error: unknown): error is MysqlError => error instanceof Error;

/** The server chose this transaction as a victim (1213) or it waited too long for a lock (1205). */
const contention = new Set(['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT']);

/** The server is away, full, shutting down or only readable: nothing is wrong with the statement. */
const outage = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ER_CON_COUNT_ERROR',
  'ER_TOO_MANY_USER_CONNECTIONS',
  'ER_USER_LIMIT_REACHED',
  'ER_SERVER_SHUTDOWN',
  'ER_NORMAL_SHUTDOWN',
  'ER_SESSION_WAS_KILLED',
  'ER_CLIENT_INTERACTION_TIMEOUT',
  'ER_QUERY_INTERRUPTED',
  'ER_OPTION_PREVENTS_STATEMENT',
  'ER_READ_ONLY_MODE',
  'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
  'ER_DISK_FULL',
  'ER_LOCK_TABLE_FULL',
]);

/** What MariaDB says of a connection that an operator killed; mysql2 knows MySQL's names alone. */
const MARIADB_CONNECTION_KILLED = 1927;

/** mysql2 gives neither a code nor a number to what it was asked for after the connection or the pool was closed. */
const toldByName = (error: MysqlError): boolean =>
  error.code === undefined && error.errno === undefined && /in closed state|pool is closed/i.test(error.message);

export const isContention = (error: unknown): boolean => isMysqlError(error) && contention.has(error.code ?? '');

export const isOutage = (error: unknown): boolean =>
  isMysqlError(error) &&
  (outage.has(error.code ?? '') || error.errno === MARIADB_CONNECTION_KILLED || toldByName(error));

export const isDuplicateKey = (error: unknown): boolean => isMysqlError(error) && error.code === 'ER_DUP_ENTRY';

/** mysql2's words, for which it has no code, when as many wait for a connection as the pool lets wait. */
const isFull = (error: unknown): boolean => isMysqlError(error) && error.message === 'Queue limit reached.';

/** What the rest of the program sees: an outage or a full pool is said as one, anything else stays what it is. */
export function translated(error: unknown): unknown {
  if (isFull(error)) return new DomainError('overloaded', 'too many wait for a connection', { cause: error });
  return isContention(error) || isOutage(error) ? unavailable('the database', error) : error;
}
