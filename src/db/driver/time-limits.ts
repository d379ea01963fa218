import type { Socket } from 'node:net';
import type { Pool, PoolConnection, QueryOptions } from 'mysql2/promise';
import { withTimeout } from '../../domain/with-timeout.js';
import { isOutage, troubleOf } from './connection-errors.js';
import { limitStatements } from './statement-limit.js';

type Values = Parameters<PoolConnection['query']>[1];

/** An hour, for a statement that reads or changes a whole table: `query({ sql, ...atLength })`. */
export const atLength = { timeout: 60 * 60_000 } as const;

/**
 * The same pool with a time limit on every wait: a server may accept connections and never answer. A statement may have
 * a `timeout` of its own. A connection without an answer is closed and does not go back to the pool: a late answer
 * would be taken for the answer to the next statement. The server ends such a statement by itself a second later.
 *
 * @param options.ms the limit of a statement, and of the wait for a connection
 * @param options.settings statements that run once on each new connection, before a caller gets the connection
 */
export function withTimeLimits(pool: Pool, { ms, settings }: { ms: number; settings: readonly string[] }): Pool {
  const open = pool.getConnection.bind(pool);
  const close = pool.end.bind(pool);
  const set = new WeakSet<object>();
  let answeredAt = 0;
  /** In a busy pool a wait for a connection goes on as long as the server answers other statements. */
  const othersAreAnswered = () => Date.now() - answeredAt < ms;

  async function getConnection(): Promise<PoolConnection> {
    const opening = open();
    const late = () => (othersAreAnswered() ? undefined : timedOut('connection', ms)());
    const connection = await withTimeout(opening, ms, late).catch((error: unknown) => {
      // A connection that arrives after the time-out goes back to the pool. The caller has the error already.
      opening.then((arrived) => arrived.release()).catch(() => undefined);
      throw error;
    });
    const ask = connection.query.bind(connection) as (options: QueryOptions, values?: Values) => Promise<unknown>;
    const answered = async (timeout: number, options: QueryOptions, values?: Values) => {
      try {
        const answer = await withTimeout(ask(options, values), timeout, timedOut('answer', timeout));
        answeredAt = Date.now();
        return answer;
      } catch (error) {
        if (troubleOf(error) === 'silence') destroyWithSocket(connection);
        throw error;
      }
    };
    const limited = async (sql: string | QueryOptions, values?: Values) => {
      // Not the driver's own `timeout`: its timer runs on after a connection is lost, and keeps the process alive.
      const { timeout = ms, ...options } = typeof sql === 'string' ? { sql } : sql;
      if (timeout === ms) return await answered(ms, options, values);
      await answered(timeout, { sql: limitStatements(timeout) });
      const answer = await answered(timeout, options, values).catch(async (error: unknown) => {
        if (!isOutage(error)) await answered(ms, { sql: limitStatements(ms) });
        throw error;
      });
      await answered(ms, { sql: limitStatements(ms) });
      return answer;
    };
    Object.assign(connection, { query: limited });
    if (set.has(connection.connection)) return connection;
    try {
      for (const setting of [...settings, limitStatements(ms)]) await connection.query(setting);
    } catch (error) {
      connection.destroy();
      throw error;
    }
    set.add(connection.connection);
    return connection;
  }

  async function query(sql: string | QueryOptions, values?: Values): Promise<unknown> {
    const connection = await getConnection();
    try {
      const answer = await connection.query(sql as string, values);
      connection.release();
      return answer;
    } catch (error) {
      if (isOutage(error)) connection.destroy();
      else connection.release();
      throw error;
    }
  }

  /** The server does not confirm the end of a connection that was closed without an answer, so the wait has a limit. */
  const end = () => withTimeout(close(), ms, timedOut('end', ms)).catch(() => undefined);

  return Object.assign(pool, { getConnection, query, end });
}

/**
 * The driver's `destroy` waits until the server closes its half of the connection. A server that does not answer never
 * does, and the open half keeps the process alive. So the socket is destroyed too.
 */
function destroyWithSocket(connection: PoolConnection): void {
  const { stream } = connection.connection as unknown as { readonly stream: Socket };
  connection.destroy();
  stream.destroy();
}

/** The error that mysql2 throws when a statement takes longer than its limit. */
const timedOut = (what: string, ms: number) => (): Error =>
  Object.assign(new Error(`no ${what} within ${ms} ms`), { code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
