import type { RowDataPacket } from 'mysql2/promise';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { atLength } from '../driver/time-limits.js';

/** Without the usual time limit: in a large shop a check that reads whole tables takes minutes. */
export async function select<Row>(
  pool: Pool,
  sql: string,
  values: readonly (string | number | readonly string[])[] = [],
): Promise<Row[]> {
  try {
    const [rows] = await pool.query<(RowDataPacket & Row)[]>({ sql, values: [...values], ...atLength });
    return rows;
  } catch (error) {
    throw translated(error);
  }
}
