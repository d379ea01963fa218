import type { Pool, PoolConnection } from 'mysql2/promise';

/** What happened on the connections of a {@link watchedPool}, and what to do before a statement is sent. */
interface Watch {
  /** Runs before each statement is sent. May kill the connection, or delay the statement. */
  readonly before?: (sql: string, connection: PoolConnection, values: readonly unknown[]) => Promise<void> | void;
  /** The code of each error from the database. */
  readonly errors?: unknown[];
  /** Every statement of a transaction, in order. */
  readonly statements?: string[];
  /** Every statement outside of a transaction, in order. */
  readonly queries?: string[];
}

/** The real pool, which records its statements. */
export function watchedPool(pool: Pool, watch: Watch): Pool {
  const getConnection = async () => watchedConnection(await pool.getConnection(), watch);
  const query = (sql: string, values: unknown[] = []) => {
    watch.queries?.push(sql);
    return pool.query(sql, values);
  };
  return overlay(pool, { getConnection, query });
}

function watchedConnection(connection: PoolConnection, watch: Watch): PoolConnection {
  const query = async (sql: string, values: unknown[] = []) => {
    await watch.before?.(sql, connection, values);
    watch.statements?.push(sql);
    try {
      return await connection.query(sql, values);
    } catch (error) {
      watch.errors?.push((error as { code?: unknown }).code);
      throw error;
    }
  };
  return overlay(connection, { query });
}

function overlay<T extends object>(target: T, own: Record<string, unknown>): T {
  return new Proxy(target, {
    get(object, key) {
      if (typeof key === 'string' && key in own) return own[key];
      const value: unknown = Reflect.get(object, key);
      return typeof value === 'function' ? value.bind(object) : value;
    },
  });
}
