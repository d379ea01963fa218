import { hash } from 'node:crypto';
import type { RowDataPacket } from 'mysql2/promise';
import { v7 as uuid } from 'uuid';
import { type Endpoint, MOST_COUNTED, type SignatureKind } from '../../domain/endpoint.js';
import { isDuplicateKey, translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { type EndpointRow, endpointColumns, toEndpoint } from './endpoint-rows.js';

export interface NewEndpoint {
  readonly url: string;
  readonly events: readonly string[];
  readonly signature: SignatureKind;
  readonly key: string;
  readonly publicKey: string | null;
  readonly by: string;
}

export type AddedEndpoint =
  | { readonly kind: 'added'; readonly endpoint: Endpoint }
  | { readonly kind: 'url-used'; readonly endpointId: string };

/**
 * Adds an endpoint, which gets the events from now on. The unique key refuses a second endpoint of an address.
 *
 * @throws {DomainError} `dependency-unavailable`
 */
export async function addEndpoint(pool: Pool, wanted: NewEndpoint): Promise<AddedEndpoint> {
  const endpointId = uuid();
  try {
    await pool.query(
      `INSERT INTO endpoints (endpoint_id, url, url_in_use, event_types, signature, signing_keys, public_key, state,
         created_by, created_at, active_since)
       VALUES (?, ?, ?, ?, ?, ?, ?, 'active', ?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
      [
        endpointId,
        wanted.url,
        digestOf(wanted.url),
        wanted.events.join(','),
        wanted.signature,
        JSON.stringify([{ key: wanted.key, until: null }]),
        wanted.publicKey,
        wanted.by,
      ],
    );
  } catch (error) {
    const used = isDuplicateKey(error) ? await endpointAt(pool, wanted.url) : undefined;
    if (used === undefined) throw translated(error);
    return { kind: 'url-used', endpointId: used };
  }
  const endpoint = await findEndpoint(pool, endpointId);
  if (endpoint === undefined) throw new Error(`endpoint ${endpointId} was removed while it was added`);
  return { kind: 'added', endpoint };
}

const digestOf = (url: string): Buffer => hash('sha256', url, 'buffer');

/** @returns the id of the endpoint that has this address */
export async function endpointAt(pool: Pool, url: string): Promise<string | undefined> {
  const [row] = await select<RowDataPacket & { id: string }>(
    pool,
    'SELECT endpoint_id AS id FROM endpoints WHERE url_in_use = ?',
    [digestOf(url)],
  );
  return row?.id;
}

/**
 * All endpoints, the oldest first.
 *
 * @throws {DomainError} `dependency-unavailable`
 */
export async function listEndpoints(pool: Pool): Promise<readonly Endpoint[]> {
  const rows = await select<EndpointRow>(
    pool,
    `SELECT ${endpointColumns} FROM endpoints WHERE state <> 'removed' ORDER BY endpoint_id`,
    [],
  );
  const endpoints: Endpoint[] = [];
  for (const row of rows) endpoints.push(toEndpoint(row, await countWaiting(pool, row.endpoint_id)));
  return endpoints;
}

/** @throws {DomainError} `dependency-unavailable` */
export async function findEndpoint(pool: Pool, endpointId: string): Promise<Endpoint | undefined> {
  const [row] = await select<EndpointRow>(
    pool,
    `SELECT ${endpointColumns} FROM endpoints WHERE endpoint_id = ? AND state <> 'removed'`,
    [endpointId],
  );
  return row && toEndpoint(row, await countWaiting(pool, endpointId));
}

/** A larger number is counted as `MOST_COUNTED`, so that the count takes no longer. */
export async function countWaiting(pool: Pool, endpointId: string): Promise<number> {
  const [row] = await select<RowDataPacket & { n: number }>(
    pool,
    `SELECT COUNT(*) AS n FROM (SELECT 1 FROM event_deliveries FORCE INDEX (due)
       WHERE endpoint_id = ? AND state = 'waiting' LIMIT ?) some`,
    [endpointId, MOST_COUNTED],
  );
  return row?.n ?? 0;
}

async function select<Row extends RowDataPacket>(pool: Pool, sql: string, values: readonly unknown[]): Promise<Row[]> {
  try {
    const [rows] = await pool.query<Row[]>(sql, [...values]);
    return rows;
  } catch (error) {
    throw translated(error);
  }
}
