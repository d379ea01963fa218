import test from 'ava';
import { auditDatabase, countAudited } from '../../src/db/audit/audit.js';
import { translated } from '../../src/db/driver/connection-errors.js';
import type { Pool } from '../../src/db/driver/pool.js';
import { migrate } from '../../src/db/migrate.js';
import { openOrders } from '../../src/db/orders/open-orders.js';
import { findOrder } from '../../src/db/orders/orders.js';
import { openPool, shopDatabase } from '../helpers/database.js';
import { freePort } from '../helpers/free-port.js';
import { faultyServer } from './faulty-server.js';

const away = { name: 'DomainError', code: 'dependency-unavailable' };

const calls: Readonly<Record<string, (pool: Pool) => Promise<unknown>>> = {
  findOrder: (pool) => findOrder(pool, 'none'),
  migrate,
  auditDatabase: (pool) => auditDatabase(pool, 0),
  countAudited,
  openOrders: (pool) => openOrders(pool, { minAgeMs: 0, limit: 1 }),
};

for (const [name, ask] of Object.entries(calls)) {
  test(`${name} reports a server that refuses the connection as away`, async (t) => {
    const port = await freePort();
    await t.throwsAsync(ask(openPool(t, `mysql://nobody@127.0.0.1:${port}/none`)), away);
  });
}

for (const [errno, message] of [
  [3168, 'Server is not available'],
  [3032, 'The server is currently in offline mode'],
  [1129, 'Host is blocked because of many connection errors'],
  [1135, 'Can not create a new thread'],
  [1047, 'WSREP has not yet prepared node for application use'],
  [2003, 'Can not connect to any backend of the router'],
  [3118, 'Access denied, Account is locked'],
  [4151, 'Access denied, this account is locked'],
  [9001, 'Max connect timeout reached while reaching hostgroup 0'],
] as const) {
  test(`a server that refuses a connection with error ${errno} is away`, async (t) => {
    const { url } = await shopDatabase(t);
    const server = await faultyServer(t, url);
    server.turnAway(1, { errno, message });
    const pool = openPool(t, server.url);
    await t.throwsAsync(findOrder(pool, 'none'), { ...away, message: new RegExp(message) });
    t.is(await findOrder(pool, 'none'), undefined);
  });
}

for (const code of ['EAI_AGAIN', 'ENOTFOUND', 'ENETUNREACH', 'ENETDOWN', 'EHOSTUNREACH', 'EHOSTDOWN', 'ETIMEDOUT']) {
  test(`a network error ${code} is an outage`, (t) => {
    const error = Object.assign(new Error(`connect ${code}`), { code });
    t.like(translated(error), { code: 'dependency-unavailable', cause: error });
  });
}
