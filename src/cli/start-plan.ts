import { ConfigError, loadConfig, variableNames } from '../config/config.js';
import { type Contents, contentsOf } from '../db/audit/shop-size.js';
import { CommandError } from './command-error.js';
import { dataDirOf, dataDirProblem } from './data-dir.js';
import { given, withoutTemporalSettings } from './environment.js';
import { placeProblems } from './places.js';
import { refuseProduction } from './refuse-production.js';
import { usedServers } from './used-servers.js';
import { withMysql } from './with-mysql.js';

/** What `npm start` will do, decided before the first server starts. */
export interface StartPlan {
  readonly dataDir: string;
  /** The shop is nobody else's: it may be migrated, stocked and played in. */
  readonly ours: boolean;
  readonly simulator: boolean;
  readonly story: boolean;
  /** What is left out, and why, for the person at the terminal. */
  readonly notes: readonly string[];
}

export interface StartWishes {
  readonly exit: boolean;
  /** `--story` or `--no-story`; undefined when neither was said. */
  readonly story: boolean | undefined;
}

const ofAProvider = ['PAYMENT_PROVIDER_URL', 'PAYMENT_PROVIDER_TOKEN', 'PAYMENT_WEBHOOK_SECRET'];
const ofARealShop = ['MYSQL_URL', 'AMQP_URL', 'TEMPORAL_ADDRESS', ...ofAProvider];

/**
 * @throws {ConfigError} every wrong variable of every program, the folder and the ports, in one message
 * @throws {CommandError} where the story and what was given do not go together
 */
export async function planStart(env: NodeJS.ProcessEnv, { exit, story }: StartWishes): Promise<StartPlan> {
  refuseProduction(env);
  const set = given(env);
  const dataDir = dataDirOf(env);
  const provider = ofAProvider.filter((name) => set[name]);
  await checkAll(set, dataDir, provider);

  const ours = await isOurs(set, story);
  if (provider.length === 0) return { dataDir, ours, simulator: true, story: story !== false, notes: [] };
  const why = `${provider.join(' and ')} given: the payment simulator takes no provider's place and is not started`;
  if (story === true || (exit && story !== false)) {
    throw new CommandError(`There is no story to play: it pays at the simulator. ${why}.`);
  }
  return {
    dataDir,
    ours,
    simulator: false,
    story: false,
    notes: [`${why}, and the story, which pays there, is not played.`],
  };
}

async function checkAll(set: NodeJS.ProcessEnv, dataDir: string, provider: readonly string[]): Promise<void> {
  const problems: string[] = [];
  try {
    const read = set.TEMPORAL_ADDRESS ? set : withoutTemporalSettings(set);
    const config = loadConfig({ ...madeHere(provider.length === 0), ...read }, variableNames);
    problems.push(...(await placeProblems(config, set)));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(error.message);
    if (provider.length > 0 && !set.PAYMENT_PROVIDER_URL) {
      problems.push(`(${provider.join()} was given, so that npm start runs no payment simulator.)`);
    }
  }
  const folder = dataDirProblem(dataDir);
  if (folder) problems.push(folder);
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
}

/** In the place of what `npm start` makes where nothing was given, so that all the rest is checked at once. */
const madeHere = (simulator: boolean): NodeJS.ProcessEnv => ({
  MYSQL_URL: 'mysql://private/orders',
  AMQP_URL: 'amqp://private/',
  TEMPORAL_ADDRESS: 'private:7233',
  PAYMENT_WEBHOOK_SECRET: 'whsec_cHJpdmF0ZQ==',
  ADMIN_TOKEN: 'made-at-the-first-start',
  PAYMENT_PROVIDER_TOKEN: 'made-at-the-first-start',
  ...(simulator && { PAYMENT_PROVIDER_URL: 'http://private/' }),
});

/** What was given is ours to play in when it is empty, or when somebody says so. */
async function isOurs(set: NodeJS.ProcessEnv, story: boolean | undefined): Promise<boolean> {
  if (set.MYSQL_URL === undefined) return await withoutAnotherShop(set, story);
  const contents = await withMysql(set.MYSQL_URL, 1, contentsOf);
  if (contents.kind === 'none' || contents.kind === 'empty') return await withoutAnotherShop(set, story);
  if (story === true) return true;
  const { host, pathname } = new URL(set.MYSQL_URL);
  const holds = `MYSQL_URL names a database that holds ${inWords(contents)} already (${host}${pathname})`;
  if (story === undefined) throw new CommandError(`${holds}. ${choice}`);
  if (contents.kind === 'old-shop') throw new CommandError(`${holds}. Bring its schema up to date: orders migrate`);
  const missing = ofARealShop.filter((name) => !set[name]);
  if (missing.length === 0) return false;
  throw new CommandError(
    `${holds}, and ${missing.join(', ')} missing: a real shop is served with its own servers alone.`,
  );
}

/**
 * With a database of our own, on a broker or a Temporal that another shop uses, the programs would take that shop's
 * messages and workflows and fail them.
 */
async function withoutAnotherShop(set: NodeJS.ProcessEnv, story: boolean | undefined): Promise<true> {
  const used = story === true ? [] : await usedServers(set);
  if (used.length === 0) return true;
  const names = ['AMQP_URL', 'TEMPORAL_ADDRESS'].filter((name) => set[name]);
  const database = set.MYSQL_URL === undefined ? 'a private database' : 'an empty database';
  throw new CommandError(
    `${used.join('. ')}. With ${database} the programs know none of the orders there: they park the messages and fail the
workflows. So say which it is:
  unset ${names.join(' ')}: npm start uses private servers
  npm start -- --story: these servers are yours to play in, and all that is on them may be taken
  a real shop is served with its own servers alone: give ${ofARealShop.join(', ')}, and --no-story`,
  );
}

const choice = `npm start plays orders in the shop that it serves, so say which it is:
  npm start -- --story      it is yours to play in: the story's three products and its orders are written into it, it is
                            migrated and stocked, and refunds that it owes are asked of the payment simulator
  npm start -- --no-story   the programs serve it as it is, and nothing is made up: ${ofARealShop.slice(1).join(', ')} are given`;

function inWords(contents: Contents): string {
  if (contents.kind === 'other-tables') return 'tables of another program';
  if (contents.kind === 'old-shop') return `a shop whose schema lacks ${contents.missing.join(', ')}`;
  if (contents.kind !== 'shop') return 'nothing';
  return `a shop of ${contents.skus} SKUs and ${contents.checkouts} checkouts`;
}
