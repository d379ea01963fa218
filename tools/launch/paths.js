import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// The real path: npx runs the command through a link in another folder.
export const root = dirname(dirname(dirname(realpathSync(fileURLToPath(import.meta.url)))));

// These characters have a meaning for webpack, which bundles the workflows; Node reads a backslash as a separator.
const refused = process.platform === 'win32' ? ['!'] : ['!', '?', '\\'];

/** The reason why the build cannot run in this folder; undefined where it can. */
export function folderProblem(folder) {
  const found = refused.find((character) => folder.includes(character));
  if (found === undefined) return undefined;
  return `The path of this clone has a ${found} in it, with which the workflows cannot be bundled: ${folder}
To mend it: move the clone to a path without ${refused.join(' ')}`;
}

/** The Node that the lockfile pins, where the platform has a package for it; else the Node that runs this file. */
export function pinnedNode() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const inBin = join(root, 'node_modules', '.bin', name);
  if (existsSync(inBin)) return realpathSync(inBin);
  const inPackage = join(root, 'node_modules', `node-win-${process.arch}`, 'bin', name);
  return existsSync(inPackage) ? inPackage : process.execPath;
}
