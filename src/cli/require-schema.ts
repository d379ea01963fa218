import type { Pool } from '../db/driver/pool.js';
import { missingMigrations } from '../db/migrate.js';
import { CommandError } from './command-error.js';

/** @throws {CommandError} naming the migrations that have not run on the database */
export async function requireSchema(pool: Pool): Promise<void> {
  const missing = await missingMigrations(pool);
  if (missing.length === 0) return;
  throw new CommandError(`The database lacks ${missing.join(', ')} of the schema. Bring it up to date: orders migrate`);
}
