import { once } from 'node:events';
import { createServer } from 'node:net';
import { loadConfig } from '../config.js';

/**
 * The API's port: what PORT names, else 3000, else a free one (0): another clone may serve there already.
 *
 * @throws when PORT was given and is taken
 */
export async function apiPort(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<number> {
  const { PORT, HOST } = loadConfig(env, ['PORT', 'HOST']);
  if (PORT === 0 || (await isFree(PORT, HOST))) return PORT;
  if (env.PORT) throw new Error(`PORT=${PORT} is taken by another program. Choose another: PORT=3100 npm start`);
  say(`Port ${PORT} is taken by another program, so the API takes a free one.`);
  return 0;
}

/** `wanted` when nobody has it, else 0 for any free one. */
export async function freePort(wanted: number, host: string): Promise<number> {
  return (await isFree(wanted, host)) ? wanted : 0;
}

async function isFree(port: number, host: string): Promise<boolean> {
  const server = createServer().listen(port, host);
  try {
    await once(server, 'listening');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  } finally {
    server.close();
  }
}
