import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type Connection, createConnection } from 'mysql2/promise';
import type { MortalServer } from './mortal-server.js';

/** The operator's connection to a private server: over its socket, as MariaDB wants it, or by password, as MySQL. */
export async function connectAsRoot({ dataDir }: MortalServer): Promise<Connection> {
  const { mysqlRoot } = JSON.parse(readFileSync(join(dataDir, 'secrets.json'), 'utf8')) as { mysqlRoot: string };
  return await createConnection({
    socketPath: join(dataDir, 'run', 'mysql.sock'),
    user: userInfo().username === 'root' ? 'root' : userInfo().username,
    password: mysqlRoot,
    // The system has said already who is at the other end of the socket.
    authPlugins: { unix_socket: () => () => Buffer.alloc(0) },
  });
}
