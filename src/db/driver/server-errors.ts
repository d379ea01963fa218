import { conflictErrors, connectionErrors } from './errors-of-connections.js';
import { accessErrors, storageErrors } from './errors-of-operations.js';
import type { ServerError } from './server-error.js';

/**
 * The errors that end by themselves or that an operator mends, by number: from the lists of MySQL 8.4 and MariaDB 10.11
 * to 12, and from Galera, group replication and the proxies. Any other error is a fault of the statement.
 * docs/errors.md shows this table, and test/db/server-errors.test.ts compares the two.
 */
export const serverErrors: readonly ServerError[] = [
  ...conflictErrors,
  ...connectionErrors,
  ...accessErrors,
  ...storageErrors,
];

/** Numbers that only proxies use. Each of these errors is an outage of the proxy's backend. */
export const proxyErrors: readonly { readonly from: number; readonly to: number }[] = [
  // MySQL Router
  { from: 4500, to: 4999 },
  // ProxySQL
  { from: 9000, to: 9099 },
];
