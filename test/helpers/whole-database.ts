import type { Pool } from '../../src/db/driver/pool.js';
import { rows } from './database.js';

/** Every table of the schema with all of its rows, as `information_schema` names them: also tables of a later version. */
export async function wholeDatabase(pool: Pool): Promise<ReadonlyMap<string, Record<string, unknown>[]>> {
  const tables = await rows(
    pool,
    `SELECT table_name AS name FROM information_schema.tables
     WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY table_name`,
  );
  const contents = new Map<string, Record<string, unknown>[]>();
  for (const { name } of tables) contents.set(String(name), await rows(pool, 'SELECT * FROM ??', [name]));
  return contents;
}

/** A value of any type, bytes too, as a text in which a search finds its characters. */
export const textOf = (value: unknown): string =>
  Buffer.isBuffer(value) ? value.toString('latin1') : value instanceof Date ? value.toISOString() : String(value);

/** The columns, as `table.column`, whose values have one of the texts. */
export async function columnsWith(pool: Pool, texts: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const [table, contents] of await wholeDatabase(pool)) {
    for (const row of contents) {
      for (const [column, value] of Object.entries(row))
        if (texts.some((text) => textOf(value).includes(text))) found.add(`${table}.${column}`);
    }
  }
  return [...found].sort();
}

/** The columns whose values differ, where both have the same rows in the same sequence. */
export function changedColumns(
  before: ReadonlyMap<string, readonly Record<string, unknown>[]>,
  after: ReadonlyMap<string, readonly Record<string, unknown>[]>,
): string[] {
  const changed = new Set<string>();
  for (const [table, old] of before) {
    const now = after.get(table) ?? [];
    if (now.length !== old.length) changed.add(`${table}: ${old.length} rows, and ${now.length} now`);
    old.forEach((row, index) => {
      for (const [column, value] of Object.entries(row))
        if (textOf(value) !== textOf(now[index]?.[column])) changed.add(`${table}.${column}`);
    });
  }
  return [...changed].sort();
}
