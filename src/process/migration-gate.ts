import { type Pool, ping } from '../db/driver/pool.js';
import { missingMigrations } from '../db/migrate.js';
import { isUnavailable, NotSetUp, unavailable } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import { checkDurability, type DurabilityConfig } from './durability.js';
import { untilAvailable } from './until-available.js';

export interface MigrationGate {
  /**
   * To be called once. Resolves when the database answers, is not read-only and has all migrations of this version.
   *
   * @throws {StartRefused} in production, when the database's settings can lose data
   */
  readonly wait: () => Promise<void>;
  /**
   * @throws {DomainError} `dependency-unavailable` before `wait` has resolved, and when the database does not answer
   */
  readonly check: () => Promise<void>;
  /**
   * Wraps `work`: until `wait` has resolved, calls throw an outage, since the tables may be missing or of another
   * version.
   */
  readonly after: <A extends unknown[], T>(work: (...args: A) => Promise<T>) => (...args: A) => Promise<T>;
  /** Ends the pool. */
  readonly close: () => Promise<void>;
}

/**
 * Waits for the database's schema. A process starts and listens also while the database is away. The process only
 * compares the schema, so its account needs only to read and write rows. `orders migrate` uses the owner's account.
 */
export function createMigrationGate(
  pool: Pool,
  options: { readonly config: DurabilityConfig; readonly log: Log; readonly signal: AbortSignal },
): MigrationGate {
  let isReady = false;
  let reason: unknown = unavailable('the database', new Error('its schema was not compared yet'));

  function required(): void {
    if (!isReady) throw reason;
  }

  async function compare(): Promise<void> {
    try {
      const missing = await missingMigrations(pool);
      if (missing.length > 0) throw migrationsMissing(missing);
      await checkDurability(pool, options.config, options.log);
    } catch (error) {
      reason = error;
      throw error;
    }
  }

  return {
    async wait() {
      await untilAvailable('the database', compare, { ...options, isAway: isUnavailable });
      isReady = true;
      // After the beginning of a shutdown the caller must start nothing more.
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

const migrationsMissing = (missing: readonly string[]): NotSetUp =>
  new NotSetUp(
    'the database',
    `its schema lacks ${missing.join(', ')}`,
    'orders migrate, with the account that owns the schema',
  );
