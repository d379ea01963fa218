import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { signalGroup } from '../launch/group.js';
import { withLock } from '../launch/lock.js';
import { checkServer, findGo, moduleFolder, pinnedVersion, serverPath } from './pinned.js';

/**
 * Builds the pinned Temporal server, unless this user has it already, in any clone; ends early when a download is
 * quicker. The file `progress` beside the server has the progress. With `--follow` it ends with its standard input.
 */
const target = serverPath(process.env);
const folder = dirname(target);
const progressFile = join(folder, 'progress');
const program = 'github.com/temporalio/cli/cmd/temporal';
// A server may archive histories in Google's storage. This tag omits the gRPC extras of its client, a tenth of all
// packages.
const tags = ['-tags', 'disable_grpc_modules'];
const symbols = ['-ldflags', `-s -w -X github.com/temporalio/cli/temporalcli.Version=${pinnedVersion()}`];
// Fewer garbage collections save a tenth of the compiler's time, and need memory that a small machine does not have.
const roomy = totalmem() > 7e9 ? { GOGC: '400' } : {};

const stopping = new AbortController();
const stop = (reason) => stopping.abort(new Error(reason));
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => stop(`ended by ${name}`));
if (process.argv.includes('--follow')) process.stdin.on('end', () => stop('its owner has ended')).resume();

/** Runs go in a process group of its own, so that one signal ends all of its processes. */
function run(go, args, env, onLine) {
  stopping.signal.throwIfAborted();
  const child = spawn(go, args, { cwd: moduleFolder, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = () => signalGroup(child, 'SIGKILL');
  stopping.signal.addEventListener('abort', end, { once: true });
  for (const output of [child.stdout, child.stderr]) createInterface({ input: output }).on('line', onLine);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      stopping.signal.removeEventListener('abort', end);
      if (stopping.signal.aborted) reject(stopping.signal.reason);
      else if (code === 0) resolve();
      else reject(new Error(`go ${args[0]} ended with ${signal ?? `exit code ${code}`}`));
    });
  });
}

const isPackage = (line) => /^[\w.~-]+(\/[\w.~-]+)*$/.test(line);

async function build(go, draft) {
  const env = {
    ...process.env,
    ...roomy,
    CGO_ENABLED: '0',
    GOTMPDIR: dirname(draft),
    GOWORK: 'off',
    GOFLAGS: `${process.env.GOFLAGS ?? ''} -mod=readonly -buildvcs=false`.trim(),
  };
  let fetched = 0;
  let built = 0;
  let total = 0;
  const report = () => {
    const what = built > 0 || fetched === 0 ? `${built} of ${total || 'its'} packages` : `${fetched} modules fetched`;
    writeFileSync(progressFile, what);
  };
  const timer = setInterval(report, 1_000);
  report();
  const onLine = (line) => {
    if (line.startsWith('go: downloading ')) fetched += 1;
    else if (isPackage(line)) built += 1;
    else process.stderr.write(`${line}\n`);
  };
  // The count is only for the progress: its failure does not fail the build.
  const counted = run(go, ['list', '-deps', ...tags, program], env, (line) => (total += isPackage(line) ? 1 : 0));
  try {
    await Promise.all([
      counted.catch(() => undefined),
      run(go, ['build', '-v', '-trimpath', ...tags, ...symbols, '-o', draft, program], env, onLine),
    ]);
  } finally {
    clearInterval(timer);
    rmSync(progressFile, { force: true });
  }
}

async function buildOnce() {
  if (existsSync(target)) return;
  const { path, problem } = findGo(process.env);
  if (problem !== undefined) throw new Error(problem);
  // Also removes the half gigabyte that a killed build leaves, which would stay in the system's temporary folder.
  const work = join(folder, 'draft');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work);
  const quicker = setInterval(() => existsSync(target) && stop('a download was quicker'), 300);
  try {
    await build(path, join(work, 'temporal'));
    checkServer(join(work, 'temporal'));
    renameSync(join(work, 'temporal'), target);
  } finally {
    clearInterval(quicker);
    // A compiler process may still write there for a moment.
    rmSync(work, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

mkdirSync(folder, { recursive: true });
const onWait = (pid) => process.stdout.write(`process ${pid} is building the server already, waiting for it\n`);
try {
  await withLock(join(folder, 'build.lock'), { onWait, signal: stopping.signal }, buildOnce);
} catch (error) {
  if (!existsSync(target)) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
// The open standard input would keep this process alive until its owner ends.
process.exit();
