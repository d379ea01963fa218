import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StackContext } from './context.js';
import { markDatabase } from './data-folder.js';
import { createDocker } from './docker.js';
import { type FoundServer, firstThatWorks, NoWayWorked, type Origin, type Way } from './first-that-works.js';
import { forgetAll } from './leftovers.js';
import { type OwnedFolder, prepareContext, takeFolder } from './owned-folder.js';
import { createPackageInstaller } from './packages.js';
import { identify } from './process-id.js';
import { stopMarked } from './processes.js';
import { explain } from './remedy.js';
import { StackError } from './stack-error.js';
import type { StackOptions } from './stack-options.js';
import { removeStackRecord, type StackAddresses, writeStackRecord } from './stack-record.js';
import { waysToMysql, waysToRabbitmq, waysToTemporal } from './ways.js';

export interface StackServer {
  readonly name: 'mysql' | 'rabbitmq' | 'temporal';
  readonly version: string;
  readonly origin: Origin;
  readonly pid?: number;
  readonly logFile?: string;
}

export interface Stack {
  readonly addresses: StackAddresses;
  readonly servers: readonly StackServer[];
  /** Stops only the processes that this stack started. May be called more than once. */
  stop(): Promise<void>;
}

const titles = { mysql: 'MySQL', rabbitmq: 'RabbitMQ', temporal: 'Temporal' } as const;

async function stopEverything(context: StackContext, folder: OwnedFolder): Promise<void> {
  removeStackRecord(folder.dataDir);
  const mappers = context.processes.filter(({ name }) => name === 'epmd');
  const servers = context.processes.filter((server) => !mappers.includes(server));
  await Promise.all([...servers.map((server) => server.stop()), ...context.cleanups.map((cleanup) => cleanup())]);
  // RabbitMQ needs its port mapper while it stops.
  await Promise.all(mappers.map((mapper) => mapper.stop()));
  await stopMarked(context.marker, 2_000);
  if (context.alias !== undefined) rmSync(context.alias, { recursive: true, force: true });
  forgetAll(folder.dataDir);
  folder.release();
  if (context.temporary) rmSync(folder.dataDir, { recursive: true, force: true });
  await context.reaper.dismiss();
}

/** Tries the ways to one server in turn, and prints the result in a line. */
async function bringUp<A>(
  context: StackContext,
  name: StackServer['name'],
  ways: readonly Way<A>[],
): Promise<FoundServer<A>> {
  const found = await firstThatWorks(titles[name], ways, context);
  const title = /mariadb/i.test(found.version) ? 'MariaDB' : titles[name];
  const version = found.version.replace(/-MariaDB.*/i, '');
  const took = `${(found.tookMs / 1000).toFixed(1)} s`;
  const where = found.origin === 'environment' ? 'the address in the environment' : found.origin;
  context.say(`${title} ${version} on ${found.endpoint} (${where}, ${took})`);
  found.process?.onUnexpectedEnd((how) => {
    context.say(`${title} ended by itself (${how}); its log: ${found.process?.logFile}`);
  });
  return found;
}

// A rule of thumb: another missing server is found within this time, and a build takes longer and is given up.
const othersMs = 4_000;

/** Starts all three at once. When one fails, the error also names what else has failed by then. */
async function bringUpAll(context: StackContext, abort: AbortController) {
  const docker = createDocker(context);
  const packages = createPackageInstaller(context);
  const starts = [
    bringUp(context, 'mysql', waysToMysql(context, docker, packages)),
    bringUp(context, 'rabbitmq', waysToRabbitmq(context, docker, packages)),
    bringUp(context, 'temporal', waysToTemporal(context)),
  ] as const;
  const failures: NoWayWorked[] = [];
  for (const start of starts) {
    start.catch((error: unknown) => {
      if (error instanceof NoWayWorked) failures.push(error);
    });
  }
  try {
    return await Promise.all(starts);
  } catch (error) {
    const all = Promise.allSettled(starts);
    if (error instanceof NoWayWorked) await Promise.race([all, sleep(othersMs, undefined, { ref: false })]);
    abort.abort(new Error('another server could not be brought up'));
    // Every start must have ended before its processes are stopped: a running start could begin another process.
    await all;
    throw failures.length > 0 ? new StackError(await explain(failures, context.env)) : error;
  }
}

/**
 * Starts MySQL, RabbitMQ and Temporal, each by the first way that works, and returns when all three answer.
 *
 * @throws {StackError} naming what was tried for each server, why it failed, and what mends it; nothing is left running
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  options.signal?.throwIfAborted();
  const folder = await takeFolder(options.dataDir);
  const abort = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, abort.signal]) : abort.signal;
  const context = releasedAtFailure(folder, () => prepareContext(folder, options, signal));
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= stopEverything(context, folder));
  try {
    const [mysql, rabbitmq, temporal] = await bringUpAll(context, abort);
    signal.throwIfAborted();
    if (mysql.origin !== 'environment') markDatabase(folder.dataDir);
    const addresses: StackAddresses = { ...mysql.addresses, ...rabbitmq.addresses, ...temporal.addresses };
    const owner = identify(process.pid);
    if (owner !== undefined) writeStackRecord(folder.dataDir, { owner, addresses });
    return {
      addresses,
      servers: [describe('mysql', mysql), describe('rabbitmq', rabbitmq), describe('temporal', temporal)],
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Releases the folder when the work fails. */
function releasedAtFailure<T>(folder: OwnedFolder, work: () => T): T {
  try {
    return work();
  } catch (error) {
    folder.release();
    throw error;
  }
}

const describe = (name: StackServer['name'], { version, origin, process }: FoundServer<unknown>): StackServer => ({
  name,
  version,
  origin,
  ...(process && { pid: process.pid, logFile: process.logFile }),
});
