import type { Pool } from '../db/driver/pool.js';
import type { EndpointDeps } from '../http/endpoint-routes.js';
import type { MigrationGate } from '../process/migration-gate.js';
import { operateEndpoints } from '../process/operate-endpoints.js';

/** What the operators' routes do with endpoints. */
export function createApiEndpoints(deps: {
  readonly pool: Pool;
  readonly schema: Pick<MigrationGate, 'after'>;
  readonly allowPrivate: boolean;
}): EndpointDeps['endpoints'] {
  const { after } = deps.schema;
  const { list, find, add, checkAdd, pause, resume, remove, rotate, test } = operateEndpoints(deps.pool, deps);
  return {
    list: after(list),
    find: after(find),
    add: after(add),
    checkAdd: after(checkAdd),
    pause: after(pause),
    resume: after(resume),
    remove: after(remove),
    rotate: after(rotate),
    test: after(test),
  };
}
