import { mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reasonOf } from './reason-of.js';
import { StackError } from './stack-error.js';

// Systems limit a socket's path to 104 to 108 characters; the rest is for the socket's name below the folder.
const longest = 80;
// MySQL follows the link and limits a file's path to 512 characters; the rest is for the file's name.
const longestReal = 400;
// The servers' own shell scripts do not quote paths.
const isPlain = (path: string): boolean => path.length <= longest && /^[\w./@+,=-]+$/.test(path);

/** Several folders, since TMPDIR may itself be long or have a space. */
const temporaryFolders = (): string[] => [tmpdir(), '/tmp', '/var/tmp'].filter((path) => isPlain(`${path}/${name}`));
const name = 'order-bridge-XXXXXX/data';

const mend = 'To mend it: set ORDERS_DATA_DIR to a short and plain path, such as ORDERS_DATA_DIR=/var/tmp/order-bridge';

/**
 * Makes a folder with a link named `data` to a data folder whose path the servers cannot use. Returns undefined where
 * the path is short and has no spaces and no letters outside ASCII.
 *
 * @throws {StackError} when no such folder can be made
 */
export function plainPathTo(dataDir: string): string | undefined {
  if (isPlain(dataDir)) return undefined;
  if (Buffer.byteLength(dataDir) > longestReal) {
    throw new StackError(`MySQL cannot use a path of more than ${longestReal} characters: ${dataDir}.\n${mend}`);
  }
  const reasons: string[] = [];
  for (const folder of temporaryFolders()) {
    try {
      const alias = mkdtempSync(join(folder, 'order-bridge-'));
      symlinkSync(dataDir, join(alias, 'data'));
      return alias;
    } catch (error) {
      reasons.push(reasonOf(error));
    }
  }
  throw new StackError(
    `The servers cannot use the path ${dataDir}: it is longer than ${longest} characters, or it has other characters ` +
      `than letters, digits and ./@+,=-_. A link to it could not be made: ${reasons.join('; ') || 'no folder for it'}.\n` +
      mend,
  );
}
