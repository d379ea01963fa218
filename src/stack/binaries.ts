import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';

const extraFolders = [
  '/usr/sbin',
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/libexec',
  '/opt/homebrew/bin',
  '/opt/homebrew/sbin',
  '/usr/local/opt/rabbitmq/sbin',
  '/opt/homebrew/opt/rabbitmq/sbin',
];

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    // A missing file and a forbidden file are the same here: neither can be run.
    return false;
  }
};

/** The folders to search. `ORDERS_PATH_ONLY=1` limits them to PATH: tests use it to hide the machine's own servers. */
function folders(env: NodeJS.ProcessEnv): string[] {
  const path = (env.PATH ?? '').split(delimiter).filter(Boolean);
  return env.ORDERS_PATH_ONLY === '1' ? path : [...path, ...extraFolders];
}

export function findBinary(env: NodeJS.ProcessEnv, ...names: string[]): string | undefined {
  for (const name of names) {
    const found = folders(env)
      .map((folder) => join(folder, name))
      .find(isExecutable);
    if (found !== undefined) return found;
  }
  return undefined;
}

// Debian's script of this name only works for root and the user rabbitmq, and always runs the server as rabbitmq.
const isDistributionWrapper = (path: string): boolean =>
  basename(path) === 'rabbitmq-server' && readFileSync(path, 'utf8').includes('su rabbitmq');

const packaged = '/usr/lib/rabbitmq';

/** Where Debian and Red Hat keep the script itself, the newest version first. */
function packagedRabbitmq(): string[] {
  const versions = join(packaged, 'lib');
  const own = existsSync(versions) ? readdirSync(versions).sort().reverse() : [];
  return [join(packaged, 'bin'), ...own.map((version) => join(versions, version, 'sbin'))];
}

/** RabbitMQ's own start script, never a distribution's wrapper around it. */
export function findRabbitmqServer(env: NodeJS.ProcessEnv): string | undefined {
  const packages = env.ORDERS_PATH_ONLY === '1' ? [] : packagedRabbitmq();
  return [...folders(env), ...packages]
    .map((folder) => join(folder, 'rabbitmq-server'))
    .find((path) => isExecutable(path) && !isDistributionWrapper(path));
}

export const findMysqlServer = (env: NodeJS.ProcessEnv): string | undefined => findBinary(env, 'mariadbd', 'mysqld');
