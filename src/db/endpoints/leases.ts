import type { RowDataPacket } from 'mysql2/promise';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction } from '../driver/transaction.js';
import { type SignedTarget, signingKeysOf } from './signing-keys.js';

const isFree = '(leased_until IS NULL OR leased_until < UTC_TIMESTAMP(3))';
const mayBeTried = `state = 'active' AND (retry_at IS NULL OR retry_at <= UTC_TIMESTAMP(3))`;

/**
 * Leases endpoints that have a delivery to make now, and that no other process has leased. Processes that lease at the same
 * time get different endpoints. A process that dies keeps its leases until they end.
 *
 * @param options.by names the process
 * @returns their ids
 * @throws {DomainError} `dependency-unavailable`
 */
export async function leaseEndpoints(
  pool: Pool,
  options: { readonly by: string; readonly forMs: number; readonly most: number },
): Promise<readonly string[]> {
  const due = await select(
    pool,
    `SELECT endpoint_id FROM endpoints e WHERE ${mayBeTried} AND ${isFree} AND EXISTS (
       SELECT 1 FROM event_deliveries d FORCE INDEX (due)
       WHERE d.endpoint_id = e.endpoint_id AND d.state = 'waiting' AND d.due_at <= UTC_TIMESTAMP(3))`,
  );
  if (due.length === 0 || options.most < 1) return [];
  return await inTransaction(pool, async (transaction) => {
    const [free] = await transaction.query<EndpointId[]>(
      `SELECT endpoint_id FROM endpoints FORCE INDEX (PRIMARY) WHERE endpoint_id IN (?) AND ${mayBeTried} AND ${isFree}
       ORDER BY endpoint_id LIMIT ? FOR UPDATE SKIP LOCKED`,
      [due.map(({ endpoint_id: id }) => id), options.most],
    );
    const ids = free.map(({ endpoint_id: id }) => id);
    if (ids.length === 0) return [];
    await transaction.query(
      `UPDATE endpoints SET leased_by = ?, leased_until = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND WHERE endpoint_id IN (?)`,
      [options.by, options.forMs * 1_000, ids],
    );
    return ids;
  });
}

type EndpointId = RowDataPacket & { readonly endpoint_id: string };

/**
 * Prolongs the lease, from now on.
 *
 * @returns the endpoint as it is now; `undefined` when the lease is lost, or the endpoint was paused or removed
 * @throws {DomainError} `dependency-unavailable`
 */
export async function renewLease(
  pool: Pool,
  endpointId: string,
  { by, forMs }: { readonly by: string; readonly forMs: number },
): Promise<SignedTarget | undefined> {
  const isOurs = await inTransaction(pool, async (transaction) => {
    const [held] = await transaction.query<EndpointId[]>(
      `SELECT endpoint_id FROM endpoints WHERE endpoint_id = ? AND leased_by = ? AND leased_until >= UTC_TIMESTAMP(3)
         AND ${mayBeTried} FOR UPDATE`,
      [endpointId, by],
    );
    // The number of changed rows would not do: within a millisecond the value stays the same.
    if (held.length === 0) return false;
    await transaction.query(
      'UPDATE endpoints SET leased_until = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND WHERE endpoint_id = ?',
      [forMs * 1_000, endpointId],
    );
    return true;
  });
  return isOurs ? await signingKeysOf(pool, endpointId) : undefined;
}

/** Another process may deliver to the endpoint at once. @throws {DomainError} `dependency-unavailable` */
export async function releaseLease(pool: Pool, endpointId: string, by: string): Promise<void> {
  try {
    await pool.query(
      'UPDATE endpoints SET leased_by = NULL, leased_until = NULL WHERE endpoint_id = ? AND leased_by = ?',
      [endpointId, by],
    );
  } catch (error) {
    throw translated(error);
  }
}

async function select<Row extends RowDataPacket = EndpointId>(
  pool: Pool,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  try {
    const [rows] = await pool.query<Row[]>(sql, [...values]);
    return rows;
  } catch (error) {
    throw translated(error);
  }
}
