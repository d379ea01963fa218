import { mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reasonOf } from './reason-of.js';
import { StackError } from './stack-error.js';

// The longest socket path a system takes is 104 to 108 characters; the name below the folder comes on top of this.
const longest = 80;
// MySQL follows the link, and takes no path of a file that is longer than 512 characters.
const longestReal = 400;
// The servers' own shell scripts do not quote the paths they are given.
const isPlain = (path: string): boolean => path.length <= longest && /^[\w./@+,=-]+$/.test(path);

/** TMPDIR may itself have a space or be long. */
const temporaryFolders = (): string[] => [tmpdir(), '/tmp', '/var/tmp'].filter((path) => isPlain(`${path}/${name}`));
const name = 'order-bridge-XXXXXX/data';

const mend = 'To mend it: set ORDERS_DATA_DIR to a short and plain path, such as ORDERS_DATA_DIR=/var/tmp/order-bridge';

/**
 * A folder with a link named `data` to a folder whose own path the servers could not take; undefined where that path
 * is short, and free of spaces and of letters outside ASCII.
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
