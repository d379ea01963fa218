import type { RowDataPacket } from 'mysql2/promise';
import type { Finding, Invariant } from '../../domain/audit.js';
import { inParallel } from '../../domain/in-parallel.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { atLength } from '../driver/time-limits.js';
import { idBetween, inPlace, totalChecks } from './archived.js';
import { checks } from './checks/all.js';
import type { Check } from './checks/check.js';

const [sliced, whole] = [true, false].map((is) => checks.filter(({ sql }) => sql.includes(':slice(') === is));

/** How many of the archived orders an audit reads: those of one slice, which differ from run to run, or all of them. */
export type OfArchive = 'slice' | 'all';

/** What the audit checks next, or how many orders are checked. */
export type Looked = { readonly about: string } | { readonly orders: number };

/** Orders in a slice. The rows of a slice stay in the server's memory from one check to the next. A rule of thumb. */
const SLICE = 20_000;
/**
 * Slices that are checked at the same time. Few, so that an audit of an open shop leaves the server to the customers.
 */
const AT_ONCE = 2;

interface Broken extends Pick<Finding, 'subject' | 'detail'> {
  readonly also?: Invariant | null;
}

/**
 * Runs every check that needs the database only. Checks of single orders run slice by slice, also those of archived orders.
 *
 * @param slackSeconds an order or a payment that is late by fewer seconds is no finding
 * @param options.ofArchive which archived orders are audited
 * @param options.progress is called before each check of the whole database, and after each slice
 * @throws {DomainError} `dependency-unavailable`
 */
export async function auditDatabase(
  pool: Pool,
  slackSeconds: number,
  {
    ofArchive = 'slice',
    progress = () => undefined,
  }: { readonly ofArchive?: OfArchive; readonly progress?: (looked: Looked) => void } = {},
): Promise<Finding[]> {
  const run = async (toRun: readonly Check[] = [], { place, slice }: Slice = { place: 'shop', slice: '' }) => {
    const findings: Finding[] = [];
    for (const { invariant, about, sql } of toRun) {
      if (about !== undefined) progress({ about });
      const text = inPlace(sql, place)
        .replaceAll(':slack', String(Math.trunc(slackSeconds)))
        .replaceAll(/:slice\(([\w.]+)\)/g, slice);
      for (const { subject, detail, also } of await select<Broken>(pool, text)) {
        findings.push({ invariant, subject, detail });
        if (also) findings.push({ invariant: also, subject, detail });
      }
    }
    return findings;
  };
  const findings = await run([...(whole ?? []), ...(ofArchive === 'all' ? totalChecks : [])]);
  progress({ about: 'the first checkouts' });
  let orders = 0;
  const toRead = [...(await slices(pool, 'shop')), ...(await archivedSlices(pool, ofArchive))];
  const ofSlices = await inParallel(toRead, AT_ONCE, async (slice) => {
    const found = await run(sliced, slice);
    if (slice.place === 'shop') orders += SLICE;
    progress({ orders });
    return found;
  });
  return [...findings, ...ofSlices.flat()];
}

interface Slice {
  readonly place: 'shop' | 'archive';
  /** A condition of SQL on an id `$1`. */
  readonly slice: string;
}

/** Each id is in one of the slices: the first has no lower bound, the last no upper bound. */
async function slices(pool: Pool, place: Slice['place']): Promise<Slice[]> {
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
async function archivedSlices(pool: Pool, ofArchive: OfArchive): Promise<Slice[]> {
  const place = 'archive';
  if (ofArchive === 'all') return await slices(pool, place);
  const [range] = await select<{ first: string | null; last: string | null }>(
    pool,
    'SELECT MIN(order_id) AS first, MAX(order_id) AS last FROM archived_checkouts',
  );
  if (!range?.first || !range.last) return [];
  const { archived } = await countAudited(pool);
  const from = archived <= SLICE ? '' : idBetween(range.first, range.last, Math.random());
  const [end] = await select<{ id: string }>(
    pool,
    'SELECT order_id AS id FROM archived_checkouts WHERE order_id > ? ORDER BY order_id LIMIT ?, 1',
    [from, SLICE - 1],
  );
  const upTo = end === undefined ? '' : ` AND $1 <= ${pool.escape(end.id)}`;
  return [{ place, slice: `($1 > ${pool.escape(from)}${upTo})` }];
}

/** How many archived orders an audit reads. */
export const auditedOfArchive = (archived: number, ofArchive: OfArchive): number =>
  ofArchive === 'all' ? archived : Math.min(archived, SLICE);

/** How much the audit checks, so that an audit of an empty shop does not pass for a proof. */
export async function countAudited(pool: Pool): Promise<Audited> {
  const [row] = await select<Audited>(
    pool,
    `SELECT (SELECT COUNT(*) FROM products) AS skus, (SELECT COUNT(*) FROM checkouts) AS checkouts,
       (SELECT COUNT(*) FROM payments) AS payments,
       (SELECT CAST(COALESCE(SUM(orders), 0) AS SIGNED) FROM archived_money) AS archived`,
  );
  const { skus = 0, checkouts = 0, payments = 0, archived = 0 } = row ?? {};
  return { skus, checkouts, payments, archived };
}

/** Of the shop, and `archived` the orders in the archive. */
export interface Audited {
  readonly skus: number;
  readonly checkouts: number;
  readonly payments: number;
  readonly archived: number;
}

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
