import { spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findBinary } from '../../../src/stack/binaries.js';
import type { StackContext } from '../../../src/stack/context.js';
import { onFreePorts, untilHealthy } from '../../../src/stack/healthy.js';
import { runStep, startProcess } from '../../../src/stack/server-process.js';
import { tcpAnswers } from '../../../src/stack/tcp-answers.js';

/** The account of the distribution's package. PostgreSQL refuses to run as root. */
const ACCOUNT = 'postgres';
const isRoot = process.getuid?.() === 0;

/** The command as the account that may run PostgreSQL. `setpriv` replaces itself, so that its pid is the server's. */
const asAccount = (file: string, args: readonly string[]) =>
  isRoot
    ? { file: 'setpriv', args: [`--reuid=${ACCOUNT}`, `--regid=${ACCOUNT}`, '--init-groups', file, ...args] }
    : { file, args };

function numberOf(flag: '-u' | '-g'): number {
  const { stdout, status } = spawnSync('id', [flag, ACCOUNT], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`there is no account ${ACCOUNT}, and PostgreSQL does not run as root`);
  return Number(stdout);
}

/** A private PostgreSQL with its default durability: fsync and synchronous_commit are on. */
export async function startPostgres(context: StackContext): Promise<{ readonly url: string; readonly pid: number }> {
  const found = findBinary(context.env, 'postgres');
  if (found === undefined) throw new Error('postgres was not found on PATH: install the package postgresql');
  const programs = dirname(realpathSync(found));
  // The account may not enter the folder of the other servers, which is root's.
  const folder = mkdtempSync(join(isRoot ? '/tmp' : tmpdir(), 'order-bridge-postgres-'));
  context.reaper.send({ kind: 'remove', path: folder });
  context.cleanups.push(async () => rmSync(folder, { recursive: true, force: true }));
  if (isRoot) chownSync(folder, numberOf('-u'), numberOf('-g'));
  const data = join(folder, 'data');
  const initialize = ['-D', data, '-U', 'orders', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
  await runStep(context, { name: 'initdb', ...asAccount(join(programs, 'initdb'), initialize) });
  return await onFreePorts(context, ['postgres'], async (port) => {
    const args = ['-D', data, '-p', `${port}`, '-k', folder];
    // As much memory as the private MySQL has.
    for (const setting of ['listen_addresses=127.0.0.1', 'max_connections=300', 'shared_buffers=256MB']) {
      args.push('-c', setting);
    }
    const server = await startProcess(context, { name: 'postgres', ...asAccount(join(programs, 'postgres'), args) });
    await untilHealthy(context, server, () => tcpAnswers(port as number));
    return { url: `postgres://orders@127.0.0.1:${port}/postgres`, pid: server.pid };
  });
}
