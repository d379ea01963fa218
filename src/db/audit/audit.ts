import type { Finding, Invariant } from '../../domain/audit.js';
import { inParallel } from '../../domain/in-parallel.js';
import type { Pool } from '../driver/pool.js';
import { inPlace, totalChecks } from './archived.js';
import { checks } from './checks/all.js';
import type { Check } from './checks/check.js';
import { select } from './select.js';
import { archivedSlices, eventSlices, type OfArchive, SLICE, type Slice, slices } from './slices.js';

export type { OfArchive };

const having = (text: string): Check[] => checks.filter(({ sql }) => sql.includes(text));
const [sliced, ofEvents] = [having(':slice('), having(':events(')];
const whole = checks.filter((check) => !sliced.includes(check) && !ofEvents.includes(check));

/** What the audit checks next, or how many orders are checked. */
export type Looked = { readonly about: string } | { readonly orders: number };

/**
 * Slices that are checked at the same time. Few, so that an audit of an open shop leaves the server to the customers.
 */
const AT_ONCE = 2;

interface Broken extends Pick<Finding, 'subject' | 'detail'> {
  readonly also?: Invariant | null;
}

/**
 * Runs every check that needs the database only. Checks of single orders run slice by slice, also those of archived orders,
 * and so do checks of single events.
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
  const run = async (toRun: readonly Check[], { place, slice }: Slice = { place: 'shop', slice: '' }) => {
    const findings: Finding[] = [];
    for (const { invariant, about, sql } of toRun) {
      if (about !== undefined && slice === '') progress({ about });
      const text = inPlace(sql, place)
        .replaceAll(':slack', String(Math.trunc(slackSeconds)))
        .replaceAll(/:(?:slice|events)\(([\w.]+)\)/g, slice);
      for (const { subject, detail, also } of await select<Broken>(pool, text)) {
        findings.push({ invariant, subject, detail });
        if (also) findings.push({ invariant: also, subject, detail });
      }
    }
    return findings;
  };
  const findings = await run([...whole, ...(ofArchive === 'all' ? totalChecks : [])]);
  for (const { about = '' } of ofEvents) progress({ about });
  const perEvents = await inParallel(await eventSlices(pool), AT_ONCE, (slice) => run(ofEvents, slice));
  progress({ about: 'the first checkouts' });
  let orders = 0;
  const toRead = [...(await slices(pool, 'shop')), ...(await archivedSlices(pool, ofArchive))];
  const ofSlices = await inParallel(toRead, AT_ONCE, async (slice) => {
    const found = await run(sliced, slice);
    if (slice.place === 'shop') orders += SLICE;
    progress({ orders });
    return found;
  });
  return [...findings, ...perEvents.flat(), ...ofSlices.flat()];
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
