import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { StackContext } from './context.js';
import { reasonOf } from './reason-of.js';
import { logTail, runStep } from './server-process.js';

const folder = join(import.meta.dirname, '..', '..', '..', 'tools', 'temporal');

/** The exports of tools/temporal/pinned.js, which is plain JavaScript: the launcher needs it before the build. */
interface Pinned {
  pinnedVersion(): string;
  /** The path of this user's downloaded or built server. */
  serverPath(env: NodeJS.ProcessEnv): string;
  /**
   * The version of this machine's Go, the oldest version that the pinned module needs, and what is wrong, if anything.
   */
  findGo(env: NodeJS.ProcessEnv): { readonly needed: string; readonly version?: string; readonly problem?: string };
}

export const pinned = async (): Promise<Pinned> =>
  (await import(pathToFileURL(join(folder, 'pinned.js')).href)) as Pinned;

/** The server that this user has downloaded or built before, in any clone. */
export async function cachedTemporal(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const path = (await pinned()).serverPath(env);
  return existsSync(path) ? path : undefined;
}

/** The progress of the build, which may run in another process. */
function progressOf(path: string): string {
  const file = join(dirname(path), 'progress');
  return (existsSync(file) && readFileSync(file, 'utf8')) || 'under way';
}

/** Runs the download or the build of the server, and returns the server's path. */
async function fetchServer(context: StackContext, name: string, script: string): Promise<string> {
  // `orderly`: an interrupted script has files outside the data folder to remove.
  try {
    await runStep(context, { name, file: process.execPath, args: [join(folder, script)], orderly: true });
  } catch (error) {
    context.signal.throwIfAborted();
    // The script's last line names the cause, so it comes first; the details follow.
    const lastLine = await logTail(join(context.dataDir, 'logs', `${name}.log`), 1);
    throw new Error(`${lastLine.trim()}\n${reasonOf(error)}`);
  }
  return (await pinned()).serverPath(context.env);
}

/** Lets the SDK download the pinned version; fails at once when the download server does not answer. */
export async function downloadTemporal(context: StackContext): Promise<string> {
  context.say(`Temporal: no server here; downloading version ${(await pinned()).pinnedVersion()}`);
  return fetchServer(context, 'temporal-download', 'download.mjs');
}

/** Builds the pinned version, or waits for another process that builds it already. */
export async function buildTemporal(context: StackContext): Promise<string> {
  const { pinnedVersion, serverPath } = await pinned();
  const path = serverPath(context.env);
  context.say(`Temporal: building version ${pinnedVersion()} from its Go module, once; this takes minutes`);
  const started = performance.now();
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - started) / 1000);
    context.say(`Temporal: building the server: ${progressOf(path)}, ${seconds} s`);
  }, 15_000);
  try {
    return await fetchServer(context, 'temporal-build', 'build.mjs');
  } finally {
    clearInterval(timer);
  }
}
