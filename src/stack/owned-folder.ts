import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { tryLock } from '../../tools/launch/lock.js';
import type { StackContext } from './context.js';
import { rememberReaper, stopLeftovers } from './leftovers.js';
import { plainPathTo } from './plain-path.js';
import { openPortBook } from './ports.js';
import { identify } from './process-id.js';
import { startReaper } from './reaper-client.js';
import { loadSecrets } from './secrets.js';
import { StackError } from './stack-error.js';
import type { StackOptions } from './stack-options.js';

/** A data folder that belongs to this process until it is released. */
export interface OwnedFolder {
  readonly dataDir: string;
  readonly stackId: string;
  release(): void;
}

/** The beginning of the marker that the processes of every run in this folder carry. */
export const stackIdOf = (dataDir: string): string =>
  createHash('sha256').update(realpathSync(dataDir)).digest('hex').slice(0, 12);

/**
 * Takes the folder for this process and ends the processes that a killed run left.
 *
 * @throws {StackError} when a live process runs the servers of this folder
 */
export async function takeFolder(path: string): Promise<OwnedFolder> {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const dataDir = realpathSync(path);
  mkdirSync(join(dataDir, 'run'), { recursive: true, mode: 0o700 });
  const lock = tryLock(join(dataDir, 'owner.lock'));
  if (lock.owner !== undefined) {
    const { pid } = lock.owner;
    throw new StackError(
      `Process ${pid} already runs the servers of ${dataDir}.\n` +
        `Stop it with Ctrl-C in its terminal, or with: kill ${pid}`,
    );
  }
  const stackId = stackIdOf(dataDir);
  try {
    await stopLeftovers(dataDir, stackId);
  } catch (error) {
    lock.release();
    throw error;
  }
  return { dataDir, stackId, release: () => lock.release() };
}

/** @throws {StackError} when the folder's files are damaged or its path cannot be used; no process is started then */
export function prepareContext(folder: OwnedFolder, options: StackOptions, signal: AbortSignal): StackContext {
  const { stackId } = folder;
  const marker = `${stackId}:${randomUUID()}`;
  // Messages about the secrets name the folder's own path, not the link. Errors here come before the reaper starts.
  const secrets = loadSecrets(folder.dataDir);
  const alias = plainPathTo(folder.dataDir);
  const reaper = startReaper(marker);
  const reaperId = reaper.pid === undefined ? undefined : identify(reaper.pid);
  if (reaperId !== undefined) rememberReaper(folder.dataDir, reaperId);
  if (alias !== undefined) reaper.send({ kind: 'remove', path: alias });
  if (options.temporary) reaper.send({ kind: 'remove', path: folder.dataDir });
  const dataDir = alias === undefined ? folder.dataDir : join(alias, 'data');
  return {
    dataDir,
    ...(alias !== undefined && { alias }),
    marker,
    env: options.env,
    say: options.say,
    signal,
    durability: options.durability ?? 'durable',
    mysqlDatabase: options.mysqlDatabase ?? 'orders',
    temporary: options.temporary === true,
    ports: openPortBook(dataDir),
    secrets,
    reaper,
    processes: [],
    cleanups: [],
  };
}
