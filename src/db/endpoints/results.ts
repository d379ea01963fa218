import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { RETRIED_MS } from '../../domain/endpoint.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction, type Transaction } from '../driver/transaction.js';
import { makeDue } from './endpoint-changes.js';

/** What became of the deliveries to an endpoint that were tried together. */
export interface Results {
  /** The positions of the events that the endpoint has taken. */
  readonly taken: readonly number[];
  readonly failed: readonly { readonly position: number; readonly reason: string; readonly pauseMs: number }[];
  /** How long the endpoint is left alone where it has taken none. */
  readonly pauseMs: number;
  /** The endpoint wants no event any more. */
  readonly gone?: string | undefined;
}

export interface Outcome {
  /** Why the endpoint is paused since now. */
  readonly paused?: string;
  /** It has taken no event for the first time. */
  readonly isFailingNow: boolean;
  /** Events that are tried no more, while the endpoint takes others. */
  readonly givenUp: number;
}

/** The length of the columns `last_failure` and `paused_reason`. */
const LONGEST_REASON = 500;
const short = (text: string): string => text.slice(0, LONGEST_REASON);

/**
 * Stores what became of deliveries. An endpoint that has taken none for three days is paused. An event that is not taken
 * for three days, while others are, is given up.
 *
 * @throws {DomainError} `dependency-unavailable`
 */
export async function storeResults(
  pool: Pool,
  endpointId: string,
  results: Results,
  { retriedMs = RETRIED_MS }: { readonly retriedMs?: number } = {},
): Promise<Outcome> {
  const { wasFailing, ...outcome } = await inTransaction(pool, async (transaction) => {
    const wasFailing = await lockEndpoint(transaction, endpointId);
    if (wasFailing === undefined) return { wasFailing: false, isFailingNow: false, givenUp: 0 };
    await markTaken(transaction, endpointId, results.taken);
    await markFailed(transaction, endpointId, results.failed);
    const isAway = results.taken.length === 0;
    if (isAway) await markAway(transaction, endpointId, results);
    else await markAnswering(transaction, endpointId);
    const paused = await pauseIfDone(transaction, endpointId, results, retriedMs);
    const givenUp = paused === undefined ? await giveUp(transaction, endpointId, results, retriedMs) : 0;
    const isFailingNow = isAway && !wasFailing && results.failed.length > 0;
    return { wasFailing, isFailingNow, givenUp, ...(paused !== undefined && { paused }) };
  });
  if (wasFailing && results.taken.length > 0) await makeDue(pool, endpointId);
  return outcome;
}

/** @returns whether its last deliveries have failed; `undefined` when it was removed */
async function lockEndpoint(transaction: Transaction, endpointId: string): Promise<boolean | undefined> {
  const [[row]] = await transaction.query<(RowDataPacket & { failures: number })[]>(
    "SELECT failures FROM endpoints WHERE endpoint_id = ? AND state <> 'removed' FOR UPDATE",
    [endpointId],
  );
  return row && row.failures > 0;
}

async function markTaken(transaction: Transaction, endpointId: string, taken: readonly number[]): Promise<void> {
  if (taken.length === 0) return;
  await transaction.query(
    `UPDATE event_deliveries FORCE INDEX (PRIMARY) SET state = 'delivered', ended_at = UTC_TIMESTAMP(3), last_failure = NULL
     WHERE position IN (?) AND endpoint_id = ? AND state = 'waiting'`,
    [taken, endpointId],
  );
}

async function markFailed(transaction: Transaction, endpointId: string, failed: Results['failed']): Promise<void> {
  for (const { position, reason, pauseMs } of failed) {
    await transaction.query(
      `UPDATE event_deliveries FORCE INDEX (PRIMARY)
       SET attempts = attempts + 1, due_at = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND, last_failure = ?,
         first_failed_at = COALESCE(first_failed_at, UTC_TIMESTAMP(3))
       WHERE position = ? AND endpoint_id = ? AND state = 'waiting'`,
      [pauseMs * 1_000, short(reason), position, endpointId],
    );
  }
}

async function markAway(transaction: Transaction, endpointId: string, { failed, pauseMs }: Results): Promise<void> {
  const [first] = failed;
  if (first === undefined) return;
  await transaction.query(
    `UPDATE endpoints SET failures = failures + 1, failing_since = COALESCE(failing_since, UTC_TIMESTAMP(3)),
       last_failure = ?, retry_at = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND WHERE endpoint_id = ?`,
    [short(first.reason), pauseMs * 1_000, endpointId],
  );
}

async function markAnswering(transaction: Transaction, endpointId: string): Promise<void> {
  await transaction.query(
    `UPDATE endpoints SET failures = 0, failing_since = NULL, last_failure = NULL, retry_at = NULL,
       last_success_at = UTC_TIMESTAMP(3) WHERE endpoint_id = ?`,
    [endpointId],
  );
}

async function pauseIfDone(
  transaction: Transaction,
  endpointId: string,
  { gone, failed }: Results,
  retriedMs: number,
): Promise<string | undefined> {
  const [last] = failed;
  const reason = short(gone ?? `no event was taken for three days, the last: ${last?.reason ?? 'no answer'}`);
  const isOver = gone === undefined ? 'failing_since <= UTC_TIMESTAMP(3) - INTERVAL ? MICROSECOND' : '? IS NOT NULL';
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    `UPDATE endpoints SET state = 'paused', paused_reason = ?, paused_at = UTC_TIMESTAMP(3)
     WHERE endpoint_id = ? AND state = 'active' AND ${isOver}`,
    [reason, endpointId, retriedMs * 1_000],
  );
  return affectedRows > 0 ? reason : undefined;
}

async function giveUp(
  transaction: Transaction,
  endpointId: string,
  { failed }: Results,
  retriedMs: number,
): Promise<number> {
  if (failed.length === 0) return 0;
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    `UPDATE event_deliveries d FORCE INDEX (PRIMARY) JOIN endpoints e ON e.endpoint_id = d.endpoint_id
     SET d.state = 'failed', d.ended_at = UTC_TIMESTAMP(3)
     WHERE d.position IN (?) AND d.endpoint_id = ? AND d.state = 'waiting'
       AND GREATEST(d.first_failed_at, e.active_since) <= UTC_TIMESTAMP(3) - INTERVAL ? MICROSECOND`,
    [failed.map(({ position }) => position), endpointId, retriedMs * 1_000],
  );
  return affectedRows;
}
