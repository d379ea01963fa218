import { createPool } from '../db/driver/pool.js';
import { listEndpoints } from '../db/endpoints/endpoints.js';
import type { Endpoint } from '../domain/endpoint.js';
import { isUnavailable } from '../domain/errors.js';
import type { Finding } from './doctor-finding.js';
import { onOneLine } from './product-words.js';

const what = 'endpoints';

/** A receiver that is updated or restarted fails for less. A rule of thumb. */
const LONG_MS = 3_600_000;

/**
 * A line for each endpoint that is paused, or that has taken nothing for an hour. Addresses are not printed: they may hold
 * a token.
 *
 * @param mysqlUrl a well-formed address; undefined where the database itself is the finding
 */
export async function diagnoseEndpoints(mysqlUrl: string | undefined): Promise<Finding[]> {
  const endpoints = mysqlUrl === undefined ? undefined : await endpointsOf(mysqlUrl);
  if (endpoints === undefined) return [];
  const now = Date.now();
  const wrong = endpoints.flatMap((endpoint) => findingOf(endpoint, now) ?? []);
  const found = endpoints.length === 0 ? 'none' : `${endpoints.length}, none is paused or has failed for an hour`;
  return wrong.length > 0 ? wrong : [{ what, found }];
}

function findingOf(endpoint: Endpoint, now: number): Finding | undefined {
  const { endpointId: id, state, pausedReason, pausedAt, failingSince, lastFailure, waiting } = endpoint;
  const waits = `${waiting} ${waiting === 1 ? 'event waits' : 'events wait'}`;
  if (state === 'paused') {
    const found = `${id} is paused since ${pausedAt?.toISOString()} (${onOneLine(pausedReason ?? '')}), ${waits}`;
    return { what, found, mend: `orders endpoints test ${id}, then orders endpoints resume ${id}` };
  }
  if (failingSince === null || now - failingSince.getTime() < LONG_MS) return undefined;
  const found = `${id} has taken nothing since ${failingSince.toISOString()} (${onOneLine(lastFailure ?? '')}), ${waits}`;
  return { what, found, mend: `orders endpoints test ${id} says what it answers; mend the receiver` };
}

/** @returns undefined for a database that is away, or that has no tables yet */
async function endpointsOf(url: string): Promise<readonly Endpoint[] | undefined> {
  const pool = createPool({ url, size: 1 });
  try {
    return await listEndpoints(pool);
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    return undefined;
  } finally {
    await pool.end();
  }
}
