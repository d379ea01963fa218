import { type Pool, ping } from '../db/driver/pool.js';
import { missingMigrations } from '../db/migrate.js';
import { isUnavailable, NotSetUp, unavailable } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import { checkDurability, type DurabilityConfig } from './durability.js';
import { untilAvailable } from './until-available.js';

export interface MigrationGate {
  /**
   * Once; resolves when the database is there, takes writes and has the tables that this version works with.
   *
   * @throws {StartRefused} where its settings can lose what was promised, in production
   */
  readonly wait: () => Promise<void>;
  /** @throws {DomainError} `dependency-unavailable` before that, and whenever the database does not answer */
  readonly check: () => Promise<void>;
  /** The same work, refused as an outage until then: before, its tables may be missing or another version's. */
  readonly after: <A extends unknown[], T>(work: (...args: A) => Promise<T>) => (...args: A) => Promise<T>;
  /** Ends the pool. */
  readonly close: () => Promise<void>;
}

/**
 * The database's schema, for processes that start whether the database is there or not. They compare and change
 * nothing: their account needs no more than to read and write rows, and `orders migrate` runs with the owner's.
 */
export function createMigrationGate(
  pool: Pool,
  options: { readonly config: DurabilityConfig; readonly log: Log; readonly signal: AbortSignal },
): MigrationGate {
  let brought = false;
  let reason: unknown = unavailable('the database', new Error('its schema was not looked at yet'));

  function required(): void {
    if (!brought) throw reason;
  }

  async function compare(): Promise<void> {
    try {
      const missing = await missingMigrations(pool);
      if (missing.length > 0) throw lacking(missing);
      await checkDurability(pool, options.config, options.log);
    } catch (error) {
      reason = error;
      throw error;
    }
  }

  return {
    async wait() {
      await untilAvailable('the database', compare, { ...options, isAway: isUnavailable });
      brought = true;
      // What a shutdown that began meanwhile has stopped already must not be started now.
      options.signal.throwIfAborted();
    },
    async check() {
      required();
      await ping(pool);
    },
    after:
      (work) =>
      async (...args) => {
        required();
        return await work(...args);
      },
    async close() {
      await pool.end();
    },
  };
}

const lacking = (missing: readonly string[]): NotSetUp =>
  new NotSetUp(
    'the database',
    `its schema lacks ${missing.join(', ')}`,
    'orders migrate, with the account that owns the schema',
  );
