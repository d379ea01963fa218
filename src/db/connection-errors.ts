import { DomainError, unavailable } from '../domain/errors.js';

interface MysqlError extends Error {
  readonly code?: string;
  readonly errno?: number;
}

const isMysqlError = (error: unknown): error is MysqlError => error instanceof Error;

/** The server is away, full, shutting down or only readable: nothing is wrong with the statement. */
const outage = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ER_CON_COUNT_ERROR',
  'ER_TOO_MANY_USER_CONNECTIONS',
  'ER_USER_LIMIT_REACHED',
  'ER_HOST_IS_BLOCKED',
  'ER_CANT_CREATE_THREAD',
  'ER_OUT_OF_RESOURCES',
  'ER_OUTOFMEMORY',
  'ER_ENGINE_OUT_OF_MEMORY',
  'ER_SERVER_ISNT_AVAILABLE',
  'ER_SERVER_OFFLINE_MODE',
  'ER_SERVER_SHUTDOWN',
  'ER_NORMAL_SHUTDOWN',
  'ER_SHUTDOWN_COMPLETE',
  'ER_ABORTING_CONNECTION',
  'ER_NEW_ABORTING_CONNECTION',
  'ER_SESSION_WAS_KILLED',
  'ER_CLIENT_INTERACTION_TIMEOUT',
  'ER_QUERY_INTERRUPTED',
  'ER_QUERY_TIMEOUT',
  'ER_OPTION_PREVENTS_STATEMENT',
  'ER_READ_ONLY_MODE',
  'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
  'ER_DISK_FULL',
  'ER_LOCK_TABLE_FULL',
]);

/** Nobody answered, and whoever asked has waited for that already. */
const silence = new Set(['PROTOCOL_SEQUENCE_TIMEOUT', 'ETIMEDOUT']);

/** What MariaDB says of a connection that an operator killed, and of a statement that took longer than the server
 * allows; mysql2 knows MySQL's names alone. */
const mariadbOutage = new Set([1927, 1969]);

/** mysql2 gives neither a code nor a number to what it was asked for after the connection or the pool was closed. */
const toldByName = (error: MysqlError): boolean =>
  error.code === undefined && error.errno === undefined && /in closed state|pool is closed/i.test(error.message);

/** What time may mend. */
export type Trouble = 'deadlock' | 'lock wait' | 'outage' | 'silence';

export function troubleOf(error: unknown): Trouble | undefined {
  if (!isMysqlError(error)) return undefined;
  const { code = '', errno = 0 } = error;
  if (code === 'ER_LOCK_DEADLOCK') return 'deadlock';
  if (code === 'ER_LOCK_WAIT_TIMEOUT') return 'lock wait';
  if (silence.has(code)) return 'silence';
  return outage.has(code) || mariadbOutage.has(errno) || toldByName(error) ? 'outage' : undefined;
}

/** Told by a transaction that has ended because of it. */
export const isLockWait = (error: unknown): boolean =>
  error instanceof DomainError && troubleOf(error.cause) === 'lock wait';

/** Told by whatever has waited for an answer that did not come. */
export const isSilence = (error: unknown): boolean =>
  error instanceof DomainError && troubleOf(error.cause) === 'silence';

/** The connection is lost, or of no use any more. */
export const isOutage = (error: unknown): boolean => ['outage', 'silence'].includes(troubleOf(error) ?? '');

export const isDuplicateKey = (error: unknown): boolean => isMysqlError(error) && error.code === 'ER_DUP_ENTRY';

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
