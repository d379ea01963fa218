import type { RowDataPacket } from 'mysql2/promise';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { keysIn, signingAt } from './endpoint-rows.js';

/** What a request to an endpoint needs. */
export interface SignedTarget {
  readonly url: string;
  /** Those that sign now, the newest first. */
  readonly keys: readonly string[];
  /** Tries since the endpoint has last taken an event. */
  readonly failures: number;
}

/** @returns `undefined` when there is no such endpoint. @throws {DomainError} `dependency-unavailable` */
export async function signingKeysOf(pool: Pool, endpointId: string): Promise<SignedTarget | undefined> {
  try {
    const [[row]] = await pool.query<
      (RowDataPacket & { url: string; signing_keys: string; now: Date; failures: number })[]
    >(
      `SELECT url, signing_keys, UTC_TIMESTAMP(3) AS now, failures FROM endpoints
       WHERE endpoint_id = ? AND state <> 'removed'`,
      [endpointId],
    );
    if (row === undefined) return undefined;
    const { url, failures } = row;
    return { url, failures, keys: signingAt(keysIn(row.signing_keys), row.now).map(({ key }) => key) };
  } catch (error) {
    throw translated(error);
  }
}
