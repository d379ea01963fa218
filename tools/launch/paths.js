import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// The real path: npx runs the command through a link in another folder.
export const root = dirname(dirname(dirname(realpathSync(fileURLToPath(import.meta.url)))));

// Webpack, which bundles the workflows, reads these as signs of its own; Node takes a backslash for a separator.
const refused = process.platform === 'win32' ? ['!'] : ['!', '?', '\\'];

/** Why nothing can be built in this folder; undefined where it can. */
export function folderProblem(folder) {
  const found = refused.find((character) => folder.includes(character));
  if (found === undefined) return undefined;
  return `The path of this clone has a ${found} in it, with which the workflows cannot be bundled: ${folder}
To mend it: move the clone to a path without ${refused.join(' ')}`;
}

/** The Node that the lockfile pins where the platform has it, else the one that runs this. */
export function pinnedNode() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const inBin = join(root, 'node_modules', '.bin', name);
  if (existsSync(inBin)) return realpathSync(inBin);
  const inPackage = join(root, 'node_modules', `node-win-${process.arch}`, 'bin', name);
  return existsSync(inPackage) ? inPackage : process.execPath;
}
