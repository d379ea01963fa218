import { v7 as uuid } from 'uuid';
import type { Pool } from '../db/driver/pool.js';
import { pauseEndpoint, removeEndpoint, resumeEndpoint, rotateKey } from '../db/endpoints/endpoint-changes.js';
import { addEndpoint, endpointAt, findEndpoint, listEndpoints } from '../db/endpoints/endpoints.js';
import { signingKeysOf } from '../db/endpoints/signing-keys.js';
import type { AddResult, AskedEndpoint, Endpoint, RotateResult, TestResult } from '../domain/endpoint.js';
import { newKey, publicPart } from '../endpoints/keys.js';
import { openConnections } from '../endpoints/post.js';
import { type Allowed, checkedTarget } from '../endpoints/target.js';
import { testOf } from '../endpoints/webhook.js';

/** What operators do with endpoints, by a command or by a route. Each throws `dependency-unavailable` in an outage. */
export interface EndpointOperations {
  readonly list: () => Promise<readonly Endpoint[]>;
  readonly find: (endpointId: string) => Promise<Endpoint | undefined>;
  readonly add: (asked: AskedEndpoint) => Promise<AddResult>;
  /** What stands in the way of an `add`. Changes nothing. */
  readonly checkAdd: (asked: Pick<AskedEndpoint, 'url'>) => Promise<Exclude<AddResult, { kind: 'added' }> | undefined>;
  /** @returns the endpoint as it is then; `undefined` when there is none */
  readonly pause: (endpointId: string, reason: string) => Promise<Endpoint | undefined>;
  readonly resume: (endpointId: string, options: { readonly skipMissed: boolean }) => Promise<Endpoint | undefined>;
  /** @returns whether there was one */
  readonly remove: (endpointId: string) => Promise<boolean>;
  readonly rotate: (endpointId: string) => Promise<RotateResult>;
  /** Sends a request that is no event. @returns `undefined` when there is no such endpoint */
  readonly test: (endpointId: string) => Promise<TestResult | undefined>;
}

export function operateEndpoints(pool: Pool, allowed: Allowed): EndpointOperations {
  async function refusalOf(url: string): Promise<{ readonly url: string } | Exclude<AddResult, { kind: 'added' }>> {
    const target = await checkedTarget(url, allowed);
    if ('problem' in target) return { kind: 'url-refused', problem: target.problem };
    const endpointId = await endpointAt(pool, target.url);
    return endpointId === undefined ? target : { kind: 'url-used', endpointId };
  }

  async function add(asked: AskedEndpoint): Promise<AddResult> {
    const checked = await refusalOf(asked.url);
    if ('kind' in checked) return checked;
    const key = newKey(asked.signature);
    const publicKey = publicPart(key);
    const added = await addEndpoint(pool, { ...asked, url: checked.url, key, publicKey });
    return added.kind === 'added' ? { ...added, secret: shown(key) } : added;
  }

  async function rotate(endpointId: string): Promise<RotateResult> {
    const before = await findEndpoint(pool, endpointId);
    if (before === undefined) return { kind: 'unknown' };
    const key = newKey(before.signature);
    const rotation = await rotateKey(pool, endpointId, { key, publicKey: publicPart(key) });
    const endpoint = await findEndpoint(pool, endpointId);
    if (rotation.kind !== 'rotated') return rotation;
    return endpoint === undefined ? { kind: 'unknown' } : { ...rotation, endpoint, secret: shown(key) };
  }

  async function test(endpointId: string): Promise<TestResult | undefined> {
    const found = await signingKeysOf(pool, endpointId);
    if (found === undefined) return undefined;
    const connections = openConnections(found.url, allowed);
    try {
      const answer = await connections.post(testOf(uuid(), found.keys, Date.now()), new AbortController().signal);
      if (answer.kind === 'taken') return { taken: true, status: answer.status, reason: null };
      if (answer.kind === 'gone') return { taken: false, status: 410, reason: answer.reason };
      if (answer.kind === 'aborted') return { taken: false, status: null, reason: 'aborted' };
      return { taken: false, status: answer.status, reason: answer.reason };
    } finally {
      connections.close();
    }
  }

  return {
    list: () => listEndpoints(pool),
    find: (endpointId) => findEndpoint(pool, endpointId),
    add,
    async checkAdd({ url }) {
      const checked = await refusalOf(url);
      return 'kind' in checked ? checked : undefined;
    },
    async pause(endpointId, reason) {
      await pauseEndpoint(pool, endpointId, reason);
      return await findEndpoint(pool, endpointId);
    },
    async resume(endpointId, options) {
      await resumeEndpoint(pool, endpointId, options);
      return await findEndpoint(pool, endpointId);
    },
    remove: (endpointId) => removeEndpoint(pool, endpointId),
    rotate,
    test,
  };
}

/** The private part of a key of `v1a` is for the bridge alone. */
const shown = (key: string): string | null => (publicPart(key) === null ? key : null);
