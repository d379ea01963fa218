import { unavailable } from '../domain/errors.js';

interface MysqlError extends Error {
  readonly code?: string;
  readonly errno?: number;
}

const isMysqlError = (error: unknown): error is MysqlError => error instanceof Error && 'code' in error;

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
  'ER_CONNECTION_KILLED',
  'ER_QUERY_INTERRUPTED',
  'ER_OPTION_PREVENTS_STATEMENT',
  'ER_READ_ONLY_MODE',
  'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
  'ER_DISK_FULL',
  'ER_LOCK_TABLE_FULL',
]);

export const isContention = (error: unknown): boolean => isMysqlError(error) && contention.has(error.code ?? '');

export const isOutage = (error: unknown): boolean =>
  isMysqlError(error) && (outage.has(error.code ?? '') || closedByPool(error));

export const isDuplicateKey = (error: unknown): boolean => isMysqlError(error) && error.code === 'ER_DUP_ENTRY';

/** What the rest of the program sees: an outage is said as one, anything else stays what it is. */
export const translated = (error: unknown): unknown =>
  isContention(error) || isOutage(error) ? unavailable('the database', error) : error;

/** mysql2 gives no code to a command that was queued on a connection which has died since. */
function closedByPool(error: MysqlError): boolean {
  return error.code === undefined || /closed state|connection is closed|pool is closed/i.test(error.message);
}
