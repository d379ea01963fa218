import { ConfigError, loadConfig, missing, variableNames } from '../config/config.js';
import { type Contents, contentsOf } from '../db/audit/shop-size.js';
import { CommandError } from './command-error.js';
import { dataDirOf, dataDirProblem } from './data-dir.js';
import { given, withoutTemporalSettings } from './environment.js';
import { listenProblems } from './listen-problems.js';
import { refuseProduction } from './refuse-production.js';
import { usedServers } from './used-servers.js';
import { withMysql } from './with-mysql.js';

/** The plan of `npm start`, decided before the first server starts. */
export interface StartPlan {
  readonly dataDir: string;
  /** The shop belongs to the developer: `npm start` may migrate it, add stock and play orders in it. */
  readonly ours: boolean;
  readonly simulator: boolean;
  readonly story: boolean;
  /** Messages for the person at the terminal: what is not started, and why. */
  readonly messages: readonly string[];
}

export interface StartWishes {
  readonly exit: boolean;
  /** true for `--story`, false for `--no-story`, undefined for neither. */
  readonly story: boolean | undefined;
}

const ofAProvider = ['PAYMENT_PROVIDER_URL', 'PAYMENT_PROVIDER_TOKEN', 'PAYMENT_WEBHOOK_SECRET'];
const ofARealShop = ['MYSQL_URL', 'AMQP_URL', 'TEMPORAL_ADDRESS', ...ofAProvider];

/**
 * @throws {ConfigError} every wrong variable of every process, the folder and the ports, in one message
 * @throws {CommandError} when the options and the environment contradict each other
 */
export async function planStart(env: NodeJS.ProcessEnv, { exit, story }: StartWishes): Promise<StartPlan> {
  refuseProduction(env);
  const set = given(env);
  const dataDir = dataDirOf(env);
  const provider = ofAProvider.filter((name) => set[name]);
  await checkAll(set, dataDir, provider);

  const ours = await isOurs(set, story);
  if (provider.length === 0) return { dataDir, ours, simulator: true, story: story !== false, messages: [] };
  const why = `The environment sets ${provider.join(' and ')}, so that the payment simulator is not started`;
  if (story === true || (exit && story !== false)) {
    throw new CommandError(`There is no story to play: its orders are paid at the simulator. ${why}.`);
  }
  return {
    dataDir,
    ours,
    simulator: false,
    story: false,
    messages: [`${why}. The story is not played: its orders are paid at the simulator.`],
  };
}

async function checkAll(set: NodeJS.ProcessEnv, dataDir: string, provider: readonly string[]): Promise<void> {
  const problems: string[] = [];
  try {
    const read = set.TEMPORAL_ADDRESS ? set : withoutTemporalSettings(set);
    const config = loadConfig({ ...madeHere(provider.length === 0), ...read }, variableNames);
    // The worker cannot do without.
    if (config.PAYMENT_PROVIDER_URL === undefined) throw missing('PAYMENT_PROVIDER_URL');
    problems.push(...(await listenProblems(config, set)));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(error.message);
    if (provider.length > 0 && !set.PAYMENT_PROVIDER_URL) {
      problems.push(`(${provider.join(', ')} is set, so that npm start runs no payment simulator.)`);
    }
  }
  const folder = dataDirProblem(dataDir);
  if (folder) problems.push(folder);
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
}

/** Placeholders for the values that `npm start` makes itself, so that all other variables are checked at once. */
const madeHere = (simulator: boolean): NodeJS.ProcessEnv => ({
  MYSQL_URL: 'mysql://private/orders',
  AMQP_URL: 'amqp://private/',
  TEMPORAL_ADDRESS: 'private:7233',
  PAYMENT_WEBHOOK_SECRET: 'whsec_cHJpdmF0ZQ==',
  ADMIN_TOKEN: 'made-at-the-first-start',
  CHECKOUT_TOKEN: 'made-at-the-first-start',
  PAYMENT_PROVIDER_TOKEN: 'made-at-the-first-start',
  ...(simulator && { PAYMENT_PROVIDER_URL: 'http://private/' }),
});

/** A database of the environment is the developer's own when it is empty, or with `--story`. */
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
 * With a database of our own and a broker or a Temporal of another shop, our processes would take that shop's
 * messages and workflows, and fail them.
 *
 * @throws {CommandError} when another shop uses the broker or the Temporal of the environment
 */
async function withoutAnotherShop(set: NodeJS.ProcessEnv, story: boolean | undefined): Promise<true> {
  const used = story === true ? [] : await usedServers(set);
  if (used.length === 0) return true;
  const names = ['AMQP_URL', 'TEMPORAL_ADDRESS'].filter((name) => set[name]);
  const database = set.MYSQL_URL === undefined ? 'a private database' : 'an empty database';
  throw new CommandError(
    `${used.join('. ')}. With ${database} our processes know none of the orders there: they park the messages and fail the
workflows. Choose one of these:
  unset ${names.join(' ')}: npm start uses private servers
  npm start -- --story: the servers are for your experiments, and npm start may take all messages and workflows there
  npm start -- --no-story: serves a real shop with its own servers; set ${ofARealShop.join(', ')}`,
  );
}

const choice = `npm start plays orders in the shop that it serves. Choose one of these:
  npm start -- --story      the shop is for your experiments: npm start migrates it, adds stock, writes the story's three
                            products and orders, and sends the refunds that the shop owes to the payment simulator
  npm start -- --no-story   npm start serves the shop unchanged and adds no orders; set ${ofARealShop.slice(1).join(', ')}`;

function inWords(contents: Contents): string {
  if (contents.kind === 'other-tables') return 'tables of another program';
  if (contents.kind === 'old-shop') return `a shop whose schema lacks ${contents.missing.join(', ')}`;
  if (contents.kind !== 'shop') return 'nothing';
  return `a shop of ${contents.skus} SKUs and ${contents.checkouts} checkouts`;
}
