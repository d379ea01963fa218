import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findBinary } from '../../../src/stack/binaries.js';
import type { StackContext } from '../../../src/stack/context.js';
import { onFreePorts, untilHealthy } from '../../../src/stack/healthy.js';
import { startProcess } from '../../../src/stack/server-process.js';
import { tcpAnswers } from '../../../src/stack/tcp-answers.js';

/**
 * A private Redis with the settings of BullMQ's guide for production: an append-only file that is written to the disk
 * once a second, and no eviction. A crash of the machine loses up to a second of timers.
 */
export async function startRedis(context: StackContext): Promise<{ readonly url: string; readonly pid: number }> {
  const file = findBinary(context.env, 'redis-server');
  if (file === undefined) throw new Error('redis-server was not found on PATH: install the package redis-server');
  const dir = join(context.dataDir, 'redis');
  mkdirSync(dir);
  return await onFreePorts(context, ['redis'], async (port) => {
    const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', dir, '--save', ''];
    args.push('--appendonly', 'yes', '--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction');
    const server = await startProcess(context, { name: 'redis', file, args });
    await untilHealthy(context, server, () => tcpAnswers(port as number));
    return { url: `redis://127.0.0.1:${port}`, pid: server.pid };
  });
}
