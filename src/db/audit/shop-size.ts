import type { RowDataPacket } from 'mysql2/promise';
import type { Pool } from '../driver/pool.js';
import { missingMigrations } from '../migrate.js';
import { type Audited, countAudited } from './audit.js';

/** What a database holds. A database with `none` or `empty` holds no shop, so `npm start` may write to it. */
export type Contents =
  | { readonly kind: 'none' | 'empty' | 'other-tables' }
  | ({ readonly kind: 'shop' } & Audited)
  | { readonly kind: 'old-shop'; readonly missing: readonly string[] };

/** Only reads. */
export async function contentsOf(pool: Pool): Promise<Contents> {
  const [tables] = await pool.query<RowDataPacket[]>('SHOW TABLES');
  if (tables.length === 0) return { kind: 'none' };
  const [[ours]] = await pool.query<RowDataPacket[]>("SHOW TABLES LIKE 'schema_migrations'");
  if (ours === undefined) return { kind: 'other-tables' };
  const missing = await missingMigrations(pool);
  if (missing.length > 0) return { kind: 'old-shop', missing };
  const counted = await countAudited(pool);
  return Object.values(counted).some((count) => count > 0) ? { kind: 'shop', ...counted } : { kind: 'empty' };
}
