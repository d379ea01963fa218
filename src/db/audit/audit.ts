import type { RowDataPacket } from 'mysql2/promise';
import type { Finding, Invariant } from '../../domain/audit.js';
import { inParallel } from '../../domain/in-parallel.js';
import type { OrderStatus } from '../../domain/order.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { atLength } from '../driver/time-limits.js';
import { begunChecks } from './checks/begun.js';
import { lateSaleChecks } from './checks/late-sales.js';
import { orderChecks } from './checks/orders.js';
import { paymentChecks } from './checks/payments.js';
import { refundChecks } from './checks/refunds.js';
import { stockChecks } from './checks/stock.js';

const checks = [...stockChecks, ...orderChecks, ...lateSaleChecks, ...paymentChecks, ...begunChecks, ...refundChecks];
const [sliced, whole] = [true, false].map((is) => checks.filter(({ sql }) => sql.includes(':slice(') === is));

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
 * Runs every check that needs the database only. Checks of single orders run slice by slice.
 *
 * @param slackSeconds an order or a payment that is late by fewer seconds is no finding
 * @param progress is called before each check of the whole database, and after each slice
 * @throws {DomainError} `dependency-unavailable`
 */
export async function auditDatabase(
  pool: Pool,
  slackSeconds: number,
  progress: (looked: Looked) => void = () => undefined,
): Promise<Finding[]> {
  const run = async (toRun: typeof checks = [], slice = ''): Promise<Finding[]> => {
    const findings: Finding[] = [];
    for (const { invariant, about, sql } of toRun) {
      if (about !== undefined) progress({ about });
      const text = sql.replaceAll(':slack', String(Math.trunc(slackSeconds))).replaceAll(/:slice\(([\w.]+)\)/g, slice);
      for (const { subject, detail, also } of await select<Broken>(pool, text)) {
        findings.push({ invariant, subject, detail });
        if (also) findings.push({ invariant: also, subject, detail });
      }
    }
    return findings;
  };
  const findings = await run(whole);
  progress({ about: 'the first checkouts' });
  let orders = 0;
  const ofSlices = await inParallel(await slices(pool), AT_ONCE, async (slice) => {
    const found = await run(sliced, slice);
    orders += SLICE;
    progress({ orders });
    return found;
  });
  return [...findings, ...ofSlices.flat()];
}

/** SQL conditions on an id `$1`. Each id fulfils one of them: the first has no lower bound, the last no upper bound. */
async function slices(pool: Pool): Promise<string[]> {
  const conditions: string[] = [];
  for (let above = 'TRUE', from = ''; ; ) {
    const [last] = await select<{ id: string }>(
      pool,
      `SELECT order_id AS id FROM checkouts WHERE order_id > ? ORDER BY order_id LIMIT ${SLICE - 1}, 1`,
      [from],
    );
    if (last === undefined) return [...conditions, `(${above})`];
    from = last.id;
    conditions.push(`(${above} AND $1 <= ${pool.escape(from)})`);
    above = `$1 > ${pool.escape(from)}`;
  }
}

/** How much the audit checks, so that an audit of an empty shop does not pass for a proof. */
export async function countAudited(pool: Pool): Promise<{ skus: number; checkouts: number; payments: number }> {
  const rows = await select<{ skus: number; checkouts: number; payments: number }>(
    pool,
    `SELECT (SELECT COUNT(*) FROM products) AS skus, (SELECT COUNT(*) FROM checkouts) AS checkouts,
       (SELECT COUNT(*) FROM payments) AS payments`,
  );
  const { skus = 0, checkouts = 0, payments = 0 } = rows[0] ?? {};
  return { skus, checkouts, payments };
}

/** The status of each of these orders, recorded or not. An id that no checkout has is not in the map. */
export async function statusOf(pool: Pool, orderIds: readonly string[]): Promise<ReadonlyMap<string, OrderStatus>> {
  if (orderIds.length === 0) return new Map();
  const rows = await select<{ orderId: string; status: OrderStatus }>(
    pool,
    `SELECT c.order_id AS orderId, COALESCE(o.status, 'placed') AS status
     FROM checkouts c LEFT JOIN orders o ON o.order_id = c.order_id WHERE c.order_id IN (?)`,
    [orderIds],
  );
  return new Map(rows.map(({ orderId, status }) => [orderId, status]));
}

/** Without the usual time limit: in a large shop a check that reads whole tables takes minutes. */
async function select<Row>(
  pool: Pool,
  sql: string,
  values: readonly (string | readonly string[])[] = [],
): Promise<Row[]> {
  try {
    const [rows] = await pool.query<(RowDataPacket & Row)[]>({ sql, values: [...values], ...atLength });
    return rows;
  } catch (error) {
    throw translated(error);
  }
}
