import type { PoolConnection, RowDataPacket } from 'mysql2/promise';
import type * as Library from 'umzug';
import { translated } from './driver/connection-errors.js';
import { withNamedLock } from './driver/named-lock.js';
import type { Pool } from './driver/pool.js';
import { atLength } from './driver/time-limits.js';
import { statements as orders } from './migrations/0001-orders.js';
import { statements as openPlaces } from './migrations/0002-open-places.js';
import { fill as fillOpenOrders, statements as openOrders } from './migrations/0003-open-orders.js';
import { statements as stockInUse } from './migrations/0005-stock-in-use.js';
import { statements as keptPayments } from './migrations/0007-kept-payments.js';
import { statements as unusedIndexes } from './migrations/0008-unused-indexes.js';
import { statements as reports } from './migrations/0009-reports.js';
import { statements as catalogue } from './migrations/0010-catalogue.js';
import { statements as customers } from './migrations/0011-customers.js';
import { statements as totals } from './migrations/0012-totals.js';
import { statements as windows } from './migrations/0013-windows.js';
import { statements as orderLists } from './migrations/0014-order-lists.js';
import { statements as deadlines } from './migrations/0016-deadlines.js';
import { statements as events } from './migrations/0017-events.js';
import { statements as orderRefunds } from './migrations/0018-order-refunds.js';
import { statements as endpoints } from './migrations/0019-endpoints.js';
import { statements as begunPayments } from './migrations/0020-begun-payments.js';
import { statements as lateSales } from './migrations/0021-late-sales.js';
import { statements as providerReports } from './migrations/0021-provider-reports.js';
import { statements as archive } from './migrations/0022-archive.js';
import { statements as closePaymentsBy } from './migrations/0023-close-payments-by.js';
import { statements as forget } from './migrations/0024-forget.js';
import { statements as authorisations } from './migrations/0025-authorisations.js';
import { statements as disputeEvents } from './migrations/0026-dispute-events.js';

interface Migration {
  readonly name: string;
  readonly statements: readonly string[];
  /** Fills new columns of existing rows. May run again after it died at any statement. */
  readonly fill?: (connection: PoolConnection) => Promise<void>;
}

const migrations: readonly Migration[] = [
  { name: '0001-orders', statements: orders },
  { name: '0002-open-places', statements: openPlaces },
  { name: '0003-open-orders', statements: openOrders, fill: fillOpenOrders },
  { name: '0005-stock-in-use', statements: stockInUse },
  { name: '0007-kept-payments', statements: keptPayments },
  { name: '0008-unused-indexes', statements: unusedIndexes },
  { name: '0009-reports', statements: reports },
  { name: '0010-catalogue', statements: catalogue },
  { name: '0011-customers', statements: customers },
  { name: '0012-totals', statements: totals },
  { name: '0013-windows', statements: windows },
  { name: '0014-order-lists', statements: orderLists },
  { name: '0016-deadlines', statements: deadlines },
  { name: '0017-events', statements: events },
  { name: '0018-order-refunds', statements: orderRefunds },
  { name: '0019-endpoints', statements: endpoints },
  { name: '0020-begun-payments', statements: begunPayments },
  { name: '0021-late-sales', statements: lateSales },
  { name: '0021-provider-reports', statements: providerReports },
  { name: '0022-archive', statements: archive },
  { name: '0023-close-payments-by', statements: closePaymentsBy },
  { name: '0024-forget', statements: forget },
  { name: '0025-authorisations', statements: authorisations },
  { name: '0026-dispute-events', statements: disputeEvents },
];

export const migrationNames: readonly string[] = migrations.map(({ name }) => name);

/**
 * Runs the migrations that are missing, with the account that owns the schema. Processes that migrate at the same time
 * wait for each other.
 *
 * @param ran is called with the name of each migration that is done; a later failure does not undo this migration
 * @returns the names of the migrations that ran in this call
 * @throws {DomainError} `dependency-unavailable`
 */
export async function migrate(pool: Pool, ran?: (name: string) => void): Promise<string[]> {
  // Imported here: umzug loads a library for command lines, and most processes only compare the schema.
  const umzug = await import('umzug');
  return await withNamedLock(pool, 'order-bridge:migrate', 60, async (connection) => {
    // 60 s instead of the pool's 3 s: a change of a table waits for transactions that use the table.
    await connection.query('SET SESSION innodb_lock_wait_timeout = 60, lock_wait_timeout = 60');
    await connection.query({
      sql: 'CREATE TABLE IF NOT EXISTS schema_migrations (name VARCHAR(100) PRIMARY KEY, ran_at DATETIME NOT NULL)',
      ...atLength,
    });
    const done = await migrator(umzug, connection, ran)
      .up()
      .catch((error) => throwCause(umzug, error));
    return done.map(({ name }) => name);
  });
}

/** Throws the database's own error, so that an outage during a migration is reported as an outage. */
function throwCause({ MigrationError }: typeof Library, error: unknown): never {
  throw error instanceof MigrationError ? error.cause : error;
}

/**
 * The names of the migrations that have not run on this database. Only reads.
 *
 * @throws {DomainError} `dependency-unavailable`
 */
export async function missingMigrations(pool: Pool): Promise<string[]> {
  try {
    const [[table]] = await pool.query<RowDataPacket[]>("SHOW TABLES LIKE 'schema_migrations'");
    const [rows] = table === undefined ? [[]] : await pool.query<RowDataPacket[]>('SELECT name FROM schema_migrations');
    const ran = new Set(rows.map(({ name }) => name));
    return migrationNames.filter((name) => !ran.has(name));
  } catch (error) {
    throw translated(error);
  }
}

const migrator = ({ Umzug }: typeof Library, connection: PoolConnection, ran?: (name: string) => void) =>
  new Umzug({
    migrations: migrations.map(({ name, statements, fill }) => ({
      name,
      up: async () => {
        for (const sql of statements) await connection.query({ sql, ...atLength });
        await fill?.(connection);
      },
    })),
    context: connection,
    logger: undefined,
    storage: {
      executed: async () => {
        const [rows] = await connection.query('SELECT name FROM schema_migrations ORDER BY name');
        return (rows as { name: string }[]).map(({ name }) => name);
      },
      logMigration: async ({ name }) => {
        await connection.query('INSERT INTO schema_migrations (name, ran_at) VALUES (?, UTC_TIMESTAMP())', [name]);
        ran?.(name);
      },
      unlogMigration: async ({ name }) => {
        await connection.query('DELETE FROM schema_migrations WHERE name = ?', [name]);
      },
    },
  });
