import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../domain/errors.js';

const packageRoot = fileURLToPath(new URL('../../../', import.meta.url));

/** The folder of the private servers' data: `.data` in the package, or ORDERS_DATA_DIR. */
export const dataDirOf = (env: NodeJS.ProcessEnv): string => resolve(env.ORDERS_DATA_DIR || join(packageRoot, '.data'));

/** Makes the folder. @returns what is wrong with the folder, in the form of a configuration error, or undefined */
export function dataDirProblem(dataDir: string): string | undefined {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const why = messageOf(error).replace(/, \w+ '.*$/, '');
    const example = JSON.stringify('/var/lib/orders');
    return `ORDERS_DATA_DIR is not a folder that can be written: ${dataDir} (${why}). Example: ORDERS_DATA_DIR=${example}`;
  }
}

/** The reason why this command may start no private servers, or undefined. In production all addresses must be set. */
export function noPrivateServers(env: NodeJS.ProcessEnv): string | undefined {
  if (env.NODE_ENV?.trim() === 'production') return 'NODE_ENV=production starts no private servers';
  return existsSync(join(packageRoot, 'tools')) ? undefined : 'an image starts no private servers';
}
