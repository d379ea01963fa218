import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { MOST_KEYS, ROTATION_MS, type SigningKey } from '../../domain/endpoint.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction } from '../driver/transaction.js';
import { keysIn, signingAt } from './endpoint-rows.js';

/** Rows of one statement. A rule of thumb. */
const AT_ONCE = 1_000;

/**
 * Pauses an active endpoint. Its events wait, and new ones come to them. Deliveries that are under way end.
 *
 * @returns whether the endpoint was active
 * @throws {DomainError} `dependency-unavailable`
 */
export const pauseEndpoint = (pool: Pool, endpointId: string, reason: string): Promise<boolean> =>
  changed(
    pool,
    `UPDATE endpoints SET state = 'paused', paused_reason = ?, paused_at = UTC_TIMESTAMP(3)
     WHERE endpoint_id = ? AND state = 'active'`,
    [reason, endpointId],
  );

/**
 * Lets a paused endpoint get its events again, in their order, also those that it has missed.
 *
 * @param options.skipMissed leaves out what waits; it can be replayed later
 * @returns whether the endpoint was paused
 * @throws {DomainError} `dependency-unavailable`
 */
export async function resumeEndpoint(
  pool: Pool,
  endpointId: string,
  { skipMissed = false }: { readonly skipMissed?: boolean } = {},
): Promise<boolean> {
  if (skipMissed) while (await skipSome(pool, endpointId));
  const isResumed = await changed(
    pool,
    `UPDATE endpoints SET state = 'active', paused_reason = NULL, paused_at = NULL, active_since = UTC_TIMESTAMP(3),
       failures = 0, failing_since = NULL, retry_at = NULL
     WHERE endpoint_id = ? AND state = 'paused'`,
    [endpointId],
  );
  if (isResumed) await makeDue(pool, endpointId);
  return isResumed;
}

/** @returns whether there may be more */
const skipSome = (pool: Pool, endpointId: string): Promise<boolean> =>
  inTransaction(pool, async (transaction) => {
    // The lock keeps the endpoint paused.
    const [paused] = await transaction.query<RowDataPacket[]>(
      "SELECT 1 FROM endpoints WHERE endpoint_id = ? AND state = 'paused' FOR UPDATE",
      [endpointId],
    );
    const [some] = await transaction.query<(RowDataPacket & { position: number })[]>(
      `SELECT position FROM event_deliveries FORCE INDEX (due) WHERE endpoint_id = ? AND state = 'waiting'
       ORDER BY due_at LIMIT ?`,
      [endpointId, AT_ONCE],
    );
    if (paused.length === 0 || some.length === 0) return false;
    await transaction.query(
      `UPDATE event_deliveries FORCE INDEX (PRIMARY) SET state = 'skipped', ended_at = UTC_TIMESTAMP(3)
       WHERE position IN (?) AND endpoint_id = ? AND state = 'waiting'`,
      [some.map(({ position }) => position), endpointId],
    );
    return true;
  });

/** Ends the pauses of all events that have failed before: the endpoint answers again. */
export async function makeDue(pool: Pool, endpointId: string): Promise<void> {
  const now = `UPDATE event_deliveries FORCE INDEX (due) SET due_at = UTC_TIMESTAMP(3)
    WHERE endpoint_id = ? AND state = 'waiting' AND due_at > UTC_TIMESTAMP(3) ORDER BY due_at LIMIT ${AT_ONCE}`;
  while (await changed(pool, now, [endpointId]));
}

/**
 * Removes an endpoint, and its keys at once. A sweep deletes its rows, of which there may be many.
 *
 * @returns whether there was one
 * @throws {DomainError} `dependency-unavailable`
 */
export const removeEndpoint = (pool: Pool, endpointId: string): Promise<boolean> =>
  changed(
    pool,
    `UPDATE endpoints SET state = 'removed', url_in_use = NULL, signing_keys = '[]', paused_reason = NULL, paused_at = NULL
     WHERE endpoint_id = ? AND state <> 'removed'`,
    [endpointId],
  );

export type Rotation =
  | { readonly kind: 'rotated'; readonly oldUntil: Date }
  | { readonly kind: 'unknown' }
  /** So many keys sign already. */
  | { readonly kind: 'too-many'; readonly keys: number };

/**
 * Gives an endpoint a new key. The key before signs beside it for a day, so that the receiver can change in between.
 *
 * @throws {DomainError} `dependency-unavailable`
 */
export const rotateKey = (
  pool: Pool,
  endpointId: string,
  { key, publicKey }: { readonly key: string; readonly publicKey: string | null },
): Promise<Rotation> =>
  inTransaction(pool, async (transaction): Promise<Rotation> => {
    const [[row]] = await transaction.query<(RowDataPacket & { signing_keys: string; now: Date })[]>(
      `SELECT signing_keys, UTC_TIMESTAMP(3) AS now FROM endpoints WHERE endpoint_id = ? AND state <> 'removed' FOR UPDATE`,
      [endpointId],
    );
    if (row === undefined) return { kind: 'unknown' };
    const before = signingAt(keysIn(row.signing_keys), row.now);
    // The same transaction again after a commit whose reply was lost.
    const [newest] = before;
    const oldUntil = new Date(row.now.getTime() + ROTATION_MS);
    if (newest?.key === key) return { kind: 'rotated', oldUntil };
    if (before.length >= MOST_KEYS) return { kind: 'too-many', keys: before.length };
    const keys: SigningKey[] = [
      { key, until: null },
      ...before.map((one) => ({ ...one, until: one.until ?? oldUntil })),
    ];
    await transaction.query('UPDATE endpoints SET signing_keys = ?, public_key = ? WHERE endpoint_id = ?', [
      JSON.stringify(keys),
      publicKey,
      endpointId,
    ]);
    return { kind: 'rotated', oldUntil };
  });

async function changed(pool: Pool, sql: string, values: readonly unknown[]): Promise<boolean> {
  try {
    const [{ affectedRows }] = await pool.query<ResultSetHeader>(sql, [...values]);
    return affectedRows > 0;
  } catch (error) {
    throw translated(error);
  }
}
