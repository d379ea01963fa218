import type { Pool } from '../driver/pool.js';
import { idBetween, inPlace } from './archived.js';
import { select } from './select.js';

/** How many of the archived orders an audit reads: those of one slice, which differ from run to run, or all of them. */
export type OfArchive = 'slice' | 'all';

/**
 * Orders, or positions of events, in a slice. The rows of a slice stay in the server's memory from one check to the next. A
 * rule of thumb.
 */
export const SLICE = 20_000;

export interface Slice {
  readonly place: 'shop' | 'archive';
  /** A condition of SQL on an id `$1`; empty for a check of the whole database. */
  readonly slice: string;
}

/** Each id is in one of the slices: the first has no lower bound, the last no upper bound. */
export async function slices(pool: Pool, place: Slice['place']): Promise<Slice[]> {
  const sql = inPlace('SELECT order_id AS id FROM checkouts WHERE order_id > ? ORDER BY order_id LIMIT ?, 1', place);
  const found: Slice[] = [];
  for (let above = 'TRUE', from = ''; ; ) {
    const [last] = await select<{ id: string }>(pool, sql, [from, SLICE - 1]);
    if (last === undefined) return [...found, { place, slice: `(${above})` }];
    from = last.id;
    found.push({ place, slice: `(${above} AND $1 <= ${pool.escape(from)})` });
    above = `$1 > ${pool.escape(from)}`;
  }
}

/** Of a large archive a slice that begins anywhere: in time every order is audited again. */
export async function archivedSlices(pool: Pool, ofArchive: OfArchive): Promise<Slice[]> {
  const place = 'archive';
  if (ofArchive === 'all') return await slices(pool, place);
  const [range] = await select<{ first: string | null; last: string | null }>(
    pool,
    'SELECT MIN(order_id) AS first, MAX(order_id) AS last FROM archived_checkouts',
  );
  if (!range?.first || !range.last) return [];
  const [sum] = await select<{ orders: number }>(
    pool,
    'SELECT CAST(COALESCE(SUM(orders), 0) AS SIGNED) AS orders FROM archived_money',
  );
  const from = (sum?.orders ?? 0) <= SLICE ? '' : idBetween(range.first, range.last, Math.random());
  const [end] = await select<{ id: string }>(
    pool,
    'SELECT order_id AS id FROM archived_checkouts WHERE order_id > ? ORDER BY order_id LIMIT ?, 1',
    [from, SLICE - 1],
  );
  const upTo = end === undefined ? '' : ` AND $1 <= ${pool.escape(end.id)}`;
  return [{ place, slice: `($1 > ${pool.escape(from)}${upTo})` }];
}

/** Each event that is there now is in one of the slices; without endpoints none is read. */
export async function eventSlices(pool: Pool): Promise<Slice[]> {
  const [wanted] = await select(pool, "SELECT 1 FROM endpoints WHERE state <> 'removed' LIMIT 1");
  const found: Slice[] = [];
  for (let last = 0; wanted !== undefined; ) {
    const sql = 'SELECT position FROM events WHERE position > ? ORDER BY position LIMIT 1';
    const [first] = await select<{ position: number }>(pool, sql, [last]);
    if (first === undefined) break;
    last = first.position + SLICE - 1;
    found.push({ place: 'shop', slice: `($1 BETWEEN ${first.position} AND ${last})` });
  }
  return found;
}
