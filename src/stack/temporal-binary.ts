import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { StackContext } from './context.js';
import { reasonOf } from './reason-of.js';
import { logTail, runStep } from './server-process.js';

const folder = join(import.meta.dirname, '..', '..', '..', 'tools', 'temporal');

/** What tools/temporal/pinned.js has: plain JavaScript, since the launcher needs it before anything is compiled. */
interface Pinned {
  pinnedVersion(): string;
  /** Where the server is kept for this user, downloaded or built. */
  serverPath(env: NodeJS.ProcessEnv): string;
  /** The Go of this machine, the oldest that the pinned module needs, and what is wrong with the one here. */
  findGo(env: NodeJS.ProcessEnv): { readonly needed: string; readonly version?: string; readonly problem?: string };
}

export const pinned = async (): Promise<Pinned> =>
  (await import(pathToFileURL(join(folder, 'pinned.js')).href)) as Pinned;

/** The server that this user has downloaded or built before, in whichever clone. */
export async function keptTemporal(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const path = (await pinned()).serverPath(env);
  return existsSync(path) ? path : undefined;
}

/** How far the build is, by whichever process builds. */
function progressOf(path: string): string {
  const file = join(dirname(path), 'progress');
  return (existsSync(file) && readFileSync(file, 'utf8')) || 'under way';
}

/** Runs one of the programs that bring the server, and returns where it is. */
async function bring(context: StackContext, name: string, program: string): Promise<string> {
  // It has files outside of the data folder to remove when it is interrupted.
  try {
    await runStep(context, { name, file: process.execPath, args: [join(folder, program)], orderly: true });
  } catch (error) {
    context.signal.throwIfAborted();
    // Its own last line says it best; what came before is for a person who wants more.
    const said = await logTail(join(context.dataDir, 'logs', `${name}.log`), 1);
    throw new Error(`${said.trim()}\n${reasonOf(error)}`);
  }
  return (await pinned()).serverPath(context.env);
}

/** Lets the SDK download the pinned version; where nothing answers, that fails at once. */
export async function downloadTemporal(context: StackContext): Promise<string> {
  context.say(`Temporal: no server here; downloading version ${(await pinned()).pinnedVersion()}`);
  return bring(context, 'temporal-download', 'download.mjs');
}

/** Builds the pinned version, or waits for whoever builds it already. */
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
    return await bring(context, 'temporal-build', 'build.mjs');
  } finally {
    clearInterval(timer);
  }
}
