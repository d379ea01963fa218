import { type Config, ConfigError, loadConfig } from '../config/config.js';
import { hasDatabase } from '../stack/data-folder.js';
import { findRunningStack, startStack } from '../stack/index.js';
import { aborted } from './aborted.js';
import { CommandError } from './command-error.js';
import { dataDirOf, dataDirProblem, noPrivateServers } from './data-dir.js';
import { environmentOn, given } from './environment.js';

export type Address = 'MYSQL_URL' | 'AMQP_URL' | 'TEMPORAL_ADDRESS';

/** The servers and variables that a command needs. */
export interface Needs {
  readonly needed: readonly Address[];
  /** Whether the command is useful on empty servers. A command that only reads needs a shop that exists. */
  readonly makes: boolean;
  /** Other variables that the command reads: wrong values are refused before a server starts. */
  readonly reads?: readonly (keyof Config)[];
}

const addresses = ['MYSQL_URL', 'AMQP_URL', 'TEMPORAL_ADDRESS', 'RABBITMQ_API_URL'] as const;

/**
 * Runs `work` against the servers that the environment names. When it names none, `work` runs against the servers of an
 * `npm start` that runs in this clone, else against the clone's private servers, which are started and stopped for it.
 *
 * @throws {CommandError} when some addresses are set and a needed address is not, when there are no servers to use, or
 *   when a signal ends the command; servers that were started for the command are stopped
 * @throws {ConfigError} naming each wrong variable
 */
export async function withServers<T>(
  env: NodeJS.ProcessEnv,
  { needed, makes, reads = [] }: Needs,
  work: (env: NodeJS.ProcessEnv) => Promise<T>,
): Promise<T> {
  const set = given(env);
  if (addresses.some((name) => set[name])) return await work(complete(set, needed));
  const forbidden = noPrivateServers(env);
  if (forbidden) throw new CommandError(`No server is named, and ${forbidden}. Set ${needed.join(', ')}.`);

  const named: readonly string[] = addresses;
  loadConfig(
    set,
    reads.filter((name) => !named.includes(name)),
  );
  const dataDir = dataDirOf(env);
  const problem = dataDirProblem(dataDir);
  if (problem) throw new ConfigError(problem);
  const running = await findRunningStack(dataDir);
  if (running !== undefined) return await work(environmentOn(set, running));
  if (!makes && !hasDatabase(dataDir)) {
    throw new CommandError(
      `There is no shop to look at: ${needed.join(', ')} name no server, and no npm start has run in this clone.\n` +
        `Set ${needed.join(', ')} to the servers of your shop, or make a shop with: npm start`,
    );
  }

  const interrupted = interruption();
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const stack = await startStack({ dataDir, env, say, signal: interrupted });
  try {
    return await Promise.race([work(environmentOn(set, stack.addresses)), aborted(interrupted)]);
  } finally {
    await stack.stop();
  }
}

/** Aborts at Ctrl-C: this ends the wait for the servers, and the work on them. */
function interruption(): AbortSignal {
  const interrupted = new AbortController();
  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.once(signal, () => interrupted.abort(new CommandError(`Stopped by ${signal}.`, { exitCode })));
  }
  return interrupted.signal;
}

/** Servers of two sources could belong to two shops, and the command would write data of one shop into the other. */
function complete(set: NodeJS.ProcessEnv, needed: readonly Address[]): NodeJS.ProcessEnv {
  const missing = needed.filter((name) => !set[name]);
  if (missing.length === 0) return set;
  const named = addresses.filter((name) => set[name]);
  throw new CommandError(
    `${missing.join(', ')} missing beside ${named.join(', ')}: a command takes all of its servers from the environment, or none.`,
  );
}
