import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export const mainFile = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.js');

export const ordersEnv = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
  NODE_ENV: 'test',
  NO_COLOR: '1',
  // An empty folder, so that the command finds no `npm start` of this clone.
  ORDERS_DATA_DIR: mkdtempSync(join(tmpdir(), 'orders-cli-')),
  ...env,
});

/** Runs `orders` as a separate process, with only these variables in its environment. */
export const orders = (args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ran> =>
  new Promise((resolve) => {
    execFile(process.execPath, [mainFile, ...args], { env: ordersEnv(env) }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, err }),
    );
  });
