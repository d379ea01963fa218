import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findRabbitmqServer } from '../../src/stack/binaries.js';
import type { MortalServer } from './mortal-server.js';

/** Asks a private broker by the operator's own tool, with the cookie and the port mapper of that broker alone. */
export async function rabbitmqctl({ dataDir }: MortalServer, ...args: string[]): Promise<void> {
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
