import mysql, { type Pool } from 'mysql2/promise';
import { unavailable } from '../../domain/errors.js';
import { serverAddress } from './server-address.js';
import { withTimeLimits } from './time-limits.js';

export type { Pool } from 'mysql2/promise';

/** A hundred for each connection of the default pool: what waits longer than that is better told to come again. */
const WAITING = 1_000;

/** Longer than a statement that waits for locks; short enough to be told to a client. */
const HELPER_LIMIT_MS = 10_000;

/**
 * Connections that all think alike: UTC, strict SQL, READ COMMITTED (no gap locks, and a repeated read sees what
 * another process has committed), and waits for locks, on rows and on tables, short enough to be retried within a
 * request.
 *
 * @param options.waiting how many may wait for a connection; one more is told `overloaded`
 * @param options.timeLimitMs how long a statement or a connection may take
 * @param options.connectTimeoutMs how long a server may take to greet
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
    // Affected rows are those that changed: an ON DUPLICATE KEY UPDATE that finds its row counts nothing.
    flags: ['-FOUND_ROWS'],
  });
  return withTimeLimits(pool, { ms: options.timeLimitMs ?? HELPER_LIMIT_MS, settings: sessionSettings });
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
