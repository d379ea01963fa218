import { conflictErrors, connectionErrors } from './errors-of-connections.js';
import { accessErrors, storageErrors } from './errors-of-operations.js';
import type { ServerError } from './server-error.js';

/**
 * The errors that time or an operator mends, by their numbers: from the lists of MySQL 8.4 and MariaDB 10.11 to 12, and
 * from what Galera, group replication and the proxies say. All others are the statement's own. docs/errors.md shows this
 * table, and test/db/server-errors.test.ts compares both.
 */
export const serverErrors: readonly ServerError[] = [
  ...conflictErrors,
  ...connectionErrors,
  ...accessErrors,
  ...storageErrors,
];

/** Numbers that no server uses: what a proxy says with one of them is about its backends, whatever the number. */
export const proxyErrors: readonly { readonly from: number; readonly to: number }[] = [
  // MySQL Router
  { from: 4500, to: 4999 },
  // ProxySQL
  { from: 9000, to: 9099 },
];
