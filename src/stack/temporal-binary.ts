import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StackContext } from './context.js';
import { isLock, tryLock } from './process-lock.js';
import { runStep } from './server-process.js';

const moduleFolder = join(import.meta.dirname, '..', '..', '..', 'tools', 'temporal');
const executable = process.platform === 'win32' ? 'temporal.exe' : 'temporal';

function cacheFolder(env: NodeJS.ProcessEnv): string {
  if (env.ORDERS_CACHE_DIR) return env.ORDERS_CACHE_DIR;
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'order-bridge');
}

/** Where the server built from the pinned module is kept: another pin is another folder. */
export function builtTemporal(env: NodeJS.ProcessEnv): string {
  const module = readFileSync(join(moduleFolder, 'go.mod'));
  const hash = createHash('sha256')
    .update(module)
    .update(readFileSync(join(moduleFolder, 'go.sum')));
  const version = /temporalio\/cli v([\w.-]+)/.exec(module.toString())?.[1];
  const platform = `${process.platform}-${process.arch}`;
  return join(cacheFolder(env), `temporal-${version}-${hash.digest('hex').slice(0, 12)}-${platform}`, executable);
}

/** Whether this user has built it before, in whichever clone. */
export const hasBuiltTemporal = (env: NodeJS.ProcessEnv): boolean => existsSync(builtTemporal(env));

/** Tells every few seconds how long something has taken, for as long as `work` takes. */
async function withProgress<T>(context: StackContext, label: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const timer = setInterval(
    () => context.say(`${label}: ${Math.round((performance.now() - started) / 1000)} s`),
    15_000,
  );
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

async function lockBuild(context: StackContext, path: string): Promise<{ release(): void }> {
  for (let told = false; ; told = true) {
    const outcome = tryLock(path);
    if (isLock(outcome)) return outcome;
    if (!told) context.say(`Temporal: process ${outcome.pid} is building the server already, waiting for it`);
    await sleep(500, undefined, { signal: context.signal });
  }
}

/** Builds the server from the pinned Go module unless this user has it already. */
export async function buildTemporal(context: StackContext, go: string): Promise<string> {
  const target = builtTemporal(context.env);
  if (existsSync(target)) return target;
  const folder = join(target, '..');
  mkdirSync(folder, { recursive: true });
  const lock = await lockBuild(context, join(folder, 'build.lock'));
  try {
    if (existsSync(target)) return target;
    // Also what a killed build left, half a gigabyte of it; the system's own folder would keep that forever.
    const work = join(folder, 'draft');
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work);
    const draft = join(work, executable);
    context.say('Temporal: no server here; building it once from its Go module, which takes 2 to 4 minutes');
    await withProgress(context, 'Temporal: still building the server', () =>
      runStep(context, {
        name: 'temporal-build',
        file: go,
        args: ['-C', moduleFolder, 'build', '-trimpath', '-o', draft, 'github.com/temporalio/cli/cmd/temporal'],
        env: {
          ...context.env,
          CGO_ENABLED: '0',
          GOTMPDIR: work,
          GOWORK: 'off',
          GOFLAGS: `${context.env.GOFLAGS ?? ''} -mod=readonly -buildvcs=false`.trim(),
        },
      }),
    );
    renameSync(draft, target);
    return target;
  } finally {
    rmSync(join(folder, 'draft'), { recursive: true, force: true });
    lock.release();
  }
}

/** Lets the SDK fetch its own copy of the server, in a process of its own: the SDK's runtime is one a process. */
export async function downloadTemporal(context: StackContext): Promise<string> {
  const downloadDir = join(cacheFolder(context.env), 'temporal-sdk');
  mkdirSync(downloadDir, { recursive: true });
  context.say("Temporal: fetching the SDK's own server");
  const args = [join(import.meta.dirname, 'download-temporal.js'), downloadDir];
  await runStep(context, { name: 'temporal-download', file: process.execPath, args });
  const name = readdirSync(downloadDir).find((entry) => entry.startsWith('temporal'));
  if (name === undefined) throw new Error(`the SDK left no server in ${downloadDir}`);
  return join(downloadDir, name);
}
