import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type Connection, createConnection } from 'mysql2/promise';
import type { KillableServer } from './killable-server.js';

/** The operator's connection to a private server: over its socket, as MariaDB wants it, or by password, as MySQL. */
export async function connectAsRoot({ dataDir }: KillableServer): Promise<Connection> {
  const { mysqlRoot } = JSON.parse(readFileSync(join(dataDir, 'secrets.json'), 'utf8')) as { mysqlRoot: string };
  return await createConnection({
    socketPath: join(dataDir, 'run', 'mysql.sock'),
    user: userInfo().username === 'root' ? 'root' : userInfo().username,
    password: mysqlRoot,
    // The server identifies the client by the socket, so this plug-in sends nothing.
    authPlugins: { unix_socket: () => () => Buffer.alloc(0) },
  });
}
