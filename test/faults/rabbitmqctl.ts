import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findRabbitmqServer } from '../../src/stack/binaries.js';
import type { KillableServer } from './killable-server.js';

/** Runs the operator's tool on a private broker, with the cookie and the port mapper of only this broker. */
export async function rabbitmqctl({ dataDir }: KillableServer, ...args: string[]): Promise<void> {
  const ports = JSON.parse(readFileSync(join(dataDir, 'ports.json'), 'utf8')) as { epmd: number };
  const folder = join(dataDir, 'rabbitmq');
  const script = join(dirname(findRabbitmqServer(process.env) ?? ''), 'rabbitmqctl');
  await promisify(execFile)(script, ['--node', 'orders@localhost', ...args], {
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      ERL_EPMD_PORT: String(ports.epmd),
      RABBITMQ_CONF_ENV_FILE: join(folder, 'rabbitmq-env.conf'),
    },
  });
}
