import type { RowDataPacket } from 'mysql2/promise';
import { orArchived } from '../archive/also-archived.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { type Authorisation, authorisationColumns } from './rows.js';

/** A capture that is owed, or that can never succeed: the order is paid, and its money is not here. */
export interface OpenCapture extends Pick<Authorisation, 'paymentId' | 'state' | 'attempt' | 'failure'> {
  readonly orderId: string;
  readonly provider: string;
  readonly amount: number;
  readonly currency: string;
  readonly forSeconds: number;
}

const select = `SELECT a.payment_id AS paymentId, a.state, a.attempt, a.failure, p.order_id AS orderId, p.provider, p.amount,
    p.currency, TIMESTAMPDIFF(SECOND, COALESCE(p.decided_at, p.received_at), UTC_TIMESTAMP(3)) AS forSeconds
  FROM authorisations a FORCE INDEX (by_state) STRAIGHT_JOIN payments p ON p.payment_id = a.payment_id`;

/**
 * A page of the captures that the provider has still to make, by the ids of their payments.
 *
 * @param page.after the last one of the page before
 * @throws {DomainError} `dependency-unavailable`
 */
export const owedCaptures = (
  pool: Pool,
  { limit, after }: { readonly limit: number; readonly after?: Pick<OpenCapture, 'paymentId'> | undefined },
): Promise<OpenCapture[]> =>
  query<OpenCapture>(
    pool,
    `${select} WHERE a.state = 'authorised' AND a.payment_id > ? AND p.status = 'accepted'
     ORDER BY a.payment_id LIMIT ?`,
    [after?.paymentId ?? '', limit],
  );

/** Captures that are owed or wait for a person, the oldest first. */
export const openCaptures = (pool: Pool): Promise<OpenCapture[]> =>
  query<OpenCapture>(
    pool,
    `${select} WHERE a.state IN ('authorised', 'failed') AND p.status = 'accepted'
     ORDER BY p.decided_at, a.payment_id`,
    [],
  );

export interface CountedCaptures {
  readonly owed: number;
  readonly oldestSeconds: number;
  readonly failed: number;
}

export async function countOpenCaptures(pool: Pool): Promise<CountedCaptures> {
  const [counts] = await query<CountedCaptures>(
    pool,
    `SELECT COUNT(IF(state = 'authorised', 1, NULL)) AS owed, COUNT(IF(state = 'failed', 1, NULL)) AS failed,
       COALESCE(MAX(IF(state = 'authorised', forSeconds, NULL)), 0) AS oldestSeconds
     FROM (${select} WHERE a.state IN ('authorised', 'failed') AND p.status = 'accepted') open`,
    [],
  );
  return counts ?? { owed: 0, oldestSeconds: 0, failed: 0 };
}

/** Also of an archived order. @returns `undefined` for a payment that was paid at once */
export async function findAuthorisation(pool: Pool, paymentId: string): Promise<Authorisation | undefined> {
  const [row] = await orArchived(
    (where) =>
      query<Authorisation>(pool, where(`SELECT ${authorisationColumns} FROM authorisations a WHERE a.payment_id = ?`), [
        paymentId,
      ]),
    ({ length }) => length > 0,
  );
  return row;
}

async function query<Row>(pool: Pool, sql: string, values: readonly unknown[]): Promise<Row[]> {
  try {
    const [rows] = await pool.query<(RowDataPacket & Row)[]>(sql, [...values]);
    return rows;
  } catch (error) {
    throw translated(error);
  }
}
