import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Without dependencies: the launcher needs this before anything is installed, the build and the download later.
export const moduleFolder = dirname(fileURLToPath(import.meta.url));

const module = () => readFileSync(join(moduleFolder, 'go.mod'), 'utf8');

/** The version of the Temporal CLI, which contains the server, as tools/temporal/go.mod pins it. */
export const pinnedVersion = () => /temporalio\/cli v(\S+)/.exec(module())[1];

/** The oldest Go that can build the pinned module. */
const neededGo = () => /^go (\S+)/m.exec(module())[1];

function cacheFolder(env) {
  if (env.ORDERS_CACHE_DIR) return env.ORDERS_CACHE_DIR;
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'order-bridge');
}

/** The path of this user's downloaded or built server. Another pin is another folder. */
export function serverPath(env) {
  const hash = createHash('sha256')
    .update(module())
    .update(readFileSync(join(moduleFolder, 'go.sum')));
  const platform = `${process.platform}-${process.arch}`;
  const folder = `temporal-${pinnedVersion()}-${hash.digest('hex').slice(0, 12)}-${platform}`;
  return join(cacheFolder(env), folder, process.platform === 'win32' ? 'temporal.exe' : 'temporal');
}

/** @throws when this file does not run, or is another version than the pinned one */
export function checkServer(path) {
  const { stdout, stderr, error } = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 120_000 });
  if (error) throw error;
  if (stdout.startsWith(`temporal version ${pinnedVersion()} `)) return;
  throw new Error(`version ${pinnedVersion()} was asked for, and ${path} says: ${stdout.trim() || stderr.trim()}`);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    // A missing file and a forbidden file are the same here: neither can be run.
    return false;
  }
}

/** The first executable of this name on PATH, or in the usual folders of its installer. */
export function findProgram(env, name, usual = []) {
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean);
  const all = env.ORDERS_PATH_ONLY === '1' ? folders : [...folders, ...usual];
  return all.map((folder) => join(folder, name)).find(isExecutable);
}

/** Compares number by number, such as 1.26 with 1.25.0. */
function isOlder(version, needed) {
  const [found, wanted] = [version, needed].map((text) =>
    text.split('.').map((part) => Number.parseInt(part, 10) || 0),
  );
  const at = wanted.findIndex((number, index) => (found[index] ?? 0) !== number);
  return at !== -1 && (found[at] ?? 0) < wanted[at];
}

/**
 * The Go of this machine, and why the pinned module cannot be built with it. From Go 1.21 on, Go fetches the version
 * that a module asks for, unless GOTOOLCHAIN=local forbids that.
 *
 * @returns {{ needed: string, path?: string, version?: string, problem?: string }}
 */
export function findGo(env) {
  const needed = neededGo();
  const path = findProgram(env, 'go', ['/usr/local/go/bin', '/opt/homebrew/bin', '/usr/local/bin']);
  if (path === undefined) return { needed, problem: 'go was not found on PATH or in /usr/local/go/bin' };
  const ask = (args, more) =>
    spawnSync(path, args, { cwd: '/', env: { ...env, ...more }, encoding: 'utf8', timeout: 60_000 }).stdout ?? '';
  const version = /go version go(\d+[.\d]*)/.exec(ask(['version'], { GOTOOLCHAIN: 'local' }))?.[1];
  if (version === undefined) return { needed, path, problem: `${path} does not say its version` };
  if (!isOlder(version, needed)) return { needed, path, version };
  const maySwitch = !isOlder(version, '1.21') && !/^(local|path)/.test(ask(['env', 'GOTOOLCHAIN']).trim());
  if (maySwitch) return { needed, path, version };
  return {
    needed,
    path,
    version,
    problem: `${path} is Go ${version}, and the pinned module needs Go ${needed} or later`,
  };
}
