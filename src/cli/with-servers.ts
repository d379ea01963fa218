import { ConfigError } from '../config/config.js';
import { findRunningStack, startStack } from '../stack/index.js';
import { CommandError } from './command-error.js';
import { dataDirOf, dataDirProblem, holdsPrivateShop, noPrivateServers } from './data-dir.js';
import { environmentOn, given } from './environment.js';

export type Address = 'MYSQL_URL' | 'AMQP_URL' | 'TEMPORAL_ADDRESS';

const addresses = ['MYSQL_URL', 'AMQP_URL', 'TEMPORAL_ADDRESS', 'RABBITMQ_API_URL'] as const;

/**
 * Runs `work` against the servers that the environment names. Where it names none: against those of an `npm start` that
 * runs in this clone, else against the clone's own private servers, which are started for it and stopped again.
 *
 * @param options.makes whether the command makes something in empty servers; one that only looks has nothing to see there
 * @throws {CommandError} when some of the addresses are given and a needed one is not, or there are no servers to use
 */
export async function withServers<T>(
  env: NodeJS.ProcessEnv,
  { needed, makes }: { readonly needed: readonly Address[]; readonly makes: boolean },
  work: (env: NodeJS.ProcessEnv) => Promise<T>,
): Promise<T> {
  const set = given(env);
  if (addresses.some((name) => set[name])) return await work(complete(set, needed));
  const forbidden = noPrivateServers(env);
  if (forbidden) throw new CommandError(`No server is named, and ${forbidden}. Set ${needed.join(', ')}.`);

  const dataDir = dataDirOf(env);
  const problem = dataDirProblem(dataDir);
  if (problem) throw new ConfigError(problem);
  const running = await findRunningStack(dataDir);
  if (running !== undefined) return await work(environmentOn(set, running));
  if (!makes && !holdsPrivateShop(dataDir)) {
    throw new CommandError(
      `There is no shop to look at: ${needed.join(', ')} name no server, and no npm start has run in this clone.\n` +
        `Set ${needed.join(', ')} to the servers of your shop, or make a shop with: npm start`,
    );
  }

  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort(new Error('interrupted'));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const stack = await startStack({ dataDir, env, say, signal: interrupted.signal });
  try {
    return await work(environmentOn(set, stack.addresses));
  } finally {
    await stack.stop();
  }
}

/** A command that took one server from here and another from there would write of one shop into another. */
function complete(set: NodeJS.ProcessEnv, needed: readonly Address[]): NodeJS.ProcessEnv {
  const missing = needed.filter((name) => !set[name]);
  if (missing.length === 0) return set;
  const named = addresses.filter((name) => set[name]);
  throw new CommandError(
    `${missing.join(', ')} missing beside ${named.join(', ')}: a command takes all of its servers from the environment, or none.`,
  );
}
