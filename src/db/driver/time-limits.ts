import type { Socket } from 'node:net';
import type { Pool, PoolConnection, QueryOptions } from 'mysql2/promise';
import { isOutage, troubleOf } from './connection-errors.js';
import { limitStatements } from './statement-limit.js';

type Values = Parameters<PoolConnection['query']>[1];

/** For a statement that may rightly take long: `query({ sql, ...atLength })`. */
export const atLength = { timeout: 60 * 60_000 } as const;

/**
 * The same pool, in which every wait ends: a server may take connections and never answer them. A statement may bring
 * a `timeout` of its own. A connection on which nobody answered is closed, never given back: its answer may still come,
 * and would be taken for that of the next statement.
 * The server ends such a statement by itself a second later.
 *
 * @param options.ms for a statement, and for a connection
 * @param options.settings said once on each connection, before anyone has it
 */
export function withTimeLimits(pool: Pool, { ms, settings }: { ms: number; settings: readonly string[] }): Pool {
  const open = pool.getConnection.bind(pool);
  const close = pool.end.bind(pool);
  const set = new WeakSet<object>();
  let answeredAt = 0;
  /** Who waits in a busy pool waits on, as long as the server answers the others. */
  const othersAreAnswered = () => Date.now() - answeredAt < ms;

  async function getConnection(): Promise<PoolConnection> {
    const opening = open();
    const connection = await within(ms, opening, 'connection', othersAreAnswered).catch((error: unknown) => {
      // One that comes late goes back to the pool; that none came has been told.
      opening.then((late) => late.release()).catch(() => undefined);
      throw error;
    });
    const ask = connection.query.bind(connection) as (options: QueryOptions, values?: Values) => Promise<unknown>;
    const answered = async (timeout: number, options: QueryOptions, values?: Values) => {
      try {
        const answer = await within(timeout, ask(options, values), 'answer');
        answeredAt = Date.now();
        return answer;
      } catch (error) {
        if (troubleOf(error) === 'silence') tearOff(connection);
        throw error;
      }
    };
    const limited = async (sql: string | QueryOptions, values?: Values) => {
      // The driver's own timer goes on after a connection was lost, and would keep a command from its end.
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

  /** A connection that was closed for its silence says no goodbye. */
  const end = () => within(ms, close(), 'goodbye').catch(() => undefined);

  return Object.assign(pool, { getConnection, query, end });
}

/** A server that does not answer takes no goodbye either: half of the connection would stay, and the process with it. */
function tearOff(connection: PoolConnection): void {
  const { stream } = connection.connection as unknown as { readonly stream: Socket };
  connection.destroy();
  stream.destroy();
}

/** @throws as mysql2 does for a statement, when the work has not ended in time; it goes on unheard */
async function within<T>(ms: number, work: Promise<T>, what: string, waitOn = () => false): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    const error = () => Object.assign(new Error(`no ${what} within ${ms} ms`), { code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
    const look = () => {
      if (waitOn()) timer = setTimeout(look, ms);
      else reject(error());
    };
    timer = setTimeout(look, ms);
  });
  try {
    return await Promise.race([work, tooLong]);
  } finally {
    clearTimeout(timer);
  }
}
