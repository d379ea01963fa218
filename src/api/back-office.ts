import type { Config } from '../config/config.js';
import { allowsPrivate } from '../config/private-endpoints.js';
import type { Pool } from '../db/driver/pool.js';
import { listOrders } from '../db/orders/order-list.js';
import type { createAdminApp } from '../http/admin-app.js';
import type { MigrationGate } from '../process/migration-gate.js';
import { operateEvents } from '../process/operate-events.js';
import { createCatalogue } from './catalogue.js';
import { createApiEndpoints } from './endpoints.js';

/** What operators do by the operators' routes, besides what ends orders. */
export function createBackOffice({
  pool,
  schema,
  config,
}: {
  readonly pool: Pool;
  readonly schema: Pick<MigrationGate, 'after'>;
  readonly config: Pick<Config, 'ENDPOINTS_ALLOW_PRIVATE' | 'NODE_ENV'>;
}): Pick<Parameters<typeof createAdminApp>[0], 'catalogue' | 'endpoints' | 'events' | 'listOrders'> {
  const events = operateEvents(pool);
  return {
    catalogue: createCatalogue(pool, schema),
    listOrders: schema.after((filters, page) => listOrders(pool, filters, page)),
    endpoints: createApiEndpoints({ pool, schema, allowPrivate: allowsPrivate(config) }),
    events: { list: schema.after(events.list), replay: schema.after(events.replay) },
  };
}
