import mysql, { type Pool } from 'mysql2/promise';
import { unavailable } from '../../domain/errors.js';
import { serverAddress } from './server-address.js';
import { withTimeLimits } from './time-limits.js';

export type { Pool } from 'mysql2/promise';

/**
 * A hundred for each connection of the default pool, as a rule of thumb. A longer queue only delays the `overloaded`.
 */
const WAITING = 1_000;

/** Longer than a statement that waits for locks (3 s), and short enough that an HTTP client still gets the 503. */
const STATEMENT_LIMIT_MS = 10_000;

/**
 * A pool whose connections all have the same settings: UTC, strict SQL, READ COMMITTED (no gap locks, and a repeated
 * read sees what another process has committed), and waits for locks that are short enough for a retry within a
 * request.
 *
 * @param options.waiting how many calls may wait for a connection; the next call is rejected, and becomes `overloaded`
 * @param options.timeLimitMs the time limit of a statement, and of the wait for a connection
 * @param options.connectTimeoutMs how long a server may take to send its first packet
 */
export function createPool(options: {
  url: string;
  size: number;
  waiting?: number;
  timeLimitMs?: number;
  connectTimeoutMs?: number;
}): Pool {
  const pool = mysql.createPool({
    ...serverAddress(options.url),
    connectionLimit: options.size,
    maxIdle: options.size,
    waitForConnections: true,
    queueLimit: options.waiting ?? WAITING,
    connectTimeout: options.connectTimeoutMs ?? 5_000,
    enableKeepAlive: true,
    timezone: 'Z',
    charset: 'utf8mb4',
    supportBigNumbers: true,
    jsonStrings: true,
    stringifyObjects: true,
    // For `inOneRoundTrip`. Values are always passed beside the text of a statement, so that none becomes a statement.
    multipleStatements: true,
    // `affectedRows` counts changed rows only: an ON DUPLICATE KEY UPDATE that changes nothing counts 0.
    flags: ['-FOUND_ROWS'],
  });
  return withTimeLimits(pool, { ms: options.timeLimitMs ?? STATEMENT_LIMIT_MS, settings: sessionSettings });
}

const sessionSettings = [
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  "SET SESSION time_zone = '+00:00'",
  "SET SESSION sql_mode = 'TRADITIONAL'",
  'SET SESSION innodb_lock_wait_timeout = 3',
  'SET SESSION lock_wait_timeout = 3',
];

/** @throws {DomainError} `dependency-unavailable` when the database does not answer */
export async function ping(pool: Pool): Promise<void> {
  try {
    await pool.query('SELECT 1');
  } catch (error) {
    throw unavailable('the database', error);
  }
}
