import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LaunchError } from './step.js';

/** The npm beside the Node that runs this file, so that both versions fit; else the npm on PATH. */
export function npm() {
  const cli = process.env.npm_execpath;
  // Not with the Node in node_modules, which npm replaces.
  const node = process.env.npm_node_execpath ?? process.execPath;
  if (cli?.endsWith('npm-cli.js') && existsSync(cli)) return [node, cli];
  const windows = process.platform === 'win32';
  const folder = dirname(process.execPath);
  const beside = windows ? [folder, 'node_modules'] : [folder, '..', 'lib', 'node_modules'];
  const path = join(...beside, 'npm', 'bin', 'npm-cli.js');
  return existsSync(path) ? [process.execPath, path] : [windows ? 'npm.cmd' : 'npm'];
}

// Older versions do not read the format of the lockfile.
const neededNpm = 7;

/** @throws {LaunchError} naming the version, when npm is too old */
export function checkNpm(file, first) {
  const { stdout } = spawnSync(file, [...first, '--version'], { encoding: 'utf8', shell: file.endsWith('.cmd') });
  const version = (stdout ?? '').trim();
  if (!(Number.parseInt(version, 10) < neededNpm)) return;
  const mend = 'npm install --global npm@10';
  throw new LaunchError(`npm ${version} is too old: ${neededNpm} or later is needed. To mend it: ${mend}`);
}
