import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { withLock } from '../launch/lock.js';
import { checkServer, pinnedVersion, serverPath } from './pinned.js';

/**
 * Lets the SDK download the pinned Temporal server, unless this user has it already. Fails at once when the download
 * server does not answer, and when no bytes come for `silentMs`. With `--follow` it ends with its standard input.
 */
const silentMs = 30_000;
const target = serverPath(process.env);
const folder = dirname(target);
const version = `v${pinnedVersion()}`;

const stopping = new AbortController();
const stop = (reason) => stopping.abort(new Error(reason));
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => stop(`ended by ${name}`));
if (process.argv.includes('--follow')) process.stdin.on('end', () => stop('its owner has ended')).resume();

const sizeOf = (path) => statSync(path, { throwIfNoEntry: false })?.size;

/** Resolves when the SDK has renamed the complete file to `path`; rejects when no more bytes come. */
async function untilThere(path) {
  let size;
  let since = performance.now();
  while (!existsSync(path)) {
    const now = sizeOf(`${path}.downloading`);
    if (now !== size) since = performance.now();
    size = now;
    if (performance.now() - since > silentMs) throw new Error(`nothing came for ${silentMs / 1000} s`);
    await sleep(100, undefined, { signal: stopping.signal });
  }
}

/** The reasons of all causes: the innermost cause names the error of the network. */
function reasonOf(error) {
  const reasons = [];
  for (let each = error; each instanceof Error && reasons.length < 6; each = each.cause) reasons.push(each.message);
  return reasons.join(': ');
}

async function downloadOnce() {
  if (existsSync(target)) return;
  const work = join(folder, 'download');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work);
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const file = join(work, `temporal-${version}${suffix}`);
  // The SDK has no call that only downloads: the server that it then starts prints its help and ends.
  const started = TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'cached-download', downloadDir: work, version, ttl: '365 days' },
      extraArgs: ['--help'],
    },
  });
  const failed = started.then(
    () => undefined,
    (error) => {
      if (!existsSync(file)) throw error;
    },
  );
  try {
    await Promise.race([untilThere(file), failed]);
    checkServer(file);
    renameSync(file, target);
  } finally {
    failed.catch(() => undefined);
    rmSync(work, { recursive: true, force: true });
  }
}

mkdirSync(folder, { recursive: true });
const onWait = (pid) => process.stdout.write(`process ${pid} downloads ${basename(target)} already, waiting for it\n`);
try {
  await withLock(join(folder, 'download.lock'), { onWait, signal: stopping.signal }, downloadOnce);
} catch (error) {
  process.stderr.write(`temporal.download: ${reasonOf(error)}\n`);
  process.exitCode = 1;
}
// The SDK still waits for a server that does not start, and would keep this process alive.
process.exit();
