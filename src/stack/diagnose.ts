import { ConfigError, loadConfig } from '../config/config.js';
import { NotSetUp } from '../domain/errors.js';
import { checkAmqp, checkMysql, checkTemporalSetup, temporalFromEnvironment } from './health.js';
import { type Here, mysqlHere, rabbitmqHere, temporalHere } from './here.js';
import { reasonOf } from './reason-of.js';
import { remedyFor } from './remedy.js';
import type { StackAddresses } from './stack-record.js';
import { databaseOf, type ToolName, tooOld } from './tool-versions.js';

interface Diagnosis {
  readonly what: string;
  readonly found: string;
  readonly mend?: string | undefined;
}

interface Server {
  readonly what: 'MySQL' | 'RabbitMQ' | 'Temporal';
  readonly variable: string;
  /** The address in the environment, or the address of a running private server. */
  readonly address: string | undefined;
  /** Without credentials. */
  readonly shown: string;
  /** What is wrong with the server's variables; `check` is not called then. */
  readonly wrong: string | undefined;
  check(): Promise<string>;
  readonly toolOf: (version: string) => ToolName;
  /** Called only where there is no address. */
  here(): Promise<Here> | Here;
}

async function diagnose(
  server: Server,
  env: NodeJS.ProcessEnv,
  noPrivateServers: string | undefined,
): Promise<Diagnosis> {
  const { what, variable, shown, wrong } = server;
  if (wrong !== undefined) return { what, found: wrong, mend: 'correct it, or unset it' };
  if (server.address === undefined) {
    if (noPrivateServers !== undefined) {
      return { what, found: `${variable} is not set, and ${noPrivateServers}`, mend: `set ${variable}` };
    }
    const here = await server.here();
    if (here === undefined) {
      return { what, found: `${variable} is not set, and no server was found`, mend: remedyFor([what], env) };
    }
    if ('problem' in here) return { what, found: `${variable} is not set; ${here.problem}`, mend: here.mend };
    return { what, found: `${variable} is not set; npm start runs ${here.found}` };
  }
  try {
    const version = await server.check();
    const old = tooOld(server.toolOf(version), version);
    return { what, found: `${shown}: ${old?.problem ?? version}`, mend: old?.mend };
  } catch (error) {
    if (error instanceof NotSetUp) return { what, found: `${shown}: ${error.message}`, mend: error.mend };
    const mend = env[variable] ? `correct ${variable}, or unset it to use a private server` : 'restart npm start';
    return { what, found: `${shown}: ${reasonOf(error)}`, mend };
  }
}

/** The host of a URL. For a text that is not a URL it returns no part of the text, which may hold a password. */
const hostOf = (url: string | undefined): string => (url && URL.canParse(url) ? new URL(url).host : 'the address');

function wrongIn(env: NodeJS.ProcessEnv, names: Parameters<typeof loadConfig>[1]): string | undefined {
  try {
    loadConfig(env, names);
    return undefined;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.replaceAll('\n', '; ');
  }
}

/**
 * For each server: the version that answers at its address, or how `npm start` would start the server here.
 *
 * @param env without empty variables
 * @param noPrivateServers the reason why no private servers can be started, if there is a reason
 */
export function diagnoseServers(
  env: NodeJS.ProcessEnv,
  running: StackAddresses | undefined,
  noPrivateServers?: string,
): Promise<Diagnosis>[] {
  const mysqlUrl = env.MYSQL_URL ?? running?.mysqlUrl;
  const amqpUrl = env.AMQP_URL ?? running?.amqpUrl;
  const temporalAddress = env.TEMPORAL_ADDRESS ?? running?.temporalAddress;
  const servers: Server[] = [
    {
      what: 'MySQL',
      variable: 'MYSQL_URL',
      address: mysqlUrl,
      shown: hostOf(mysqlUrl),
      wrong: env.MYSQL_URL === undefined ? undefined : wrongIn(env, ['MYSQL_URL']),
      check: () => checkMysql(mysqlUrl as string),
      toolOf: databaseOf,
      here: () => mysqlHere(env),
    },
    {
      what: 'RabbitMQ',
      variable: 'AMQP_URL',
      address: amqpUrl,
      shown: hostOf(amqpUrl),
      wrong: env.AMQP_URL === undefined ? undefined : wrongIn(env, ['AMQP_URL', 'RABBITMQ_API_URL']),
      check: () => checkAmqp(amqpUrl as string),
      toolOf: () => 'RabbitMQ',
      here: () => rabbitmqHere(env),
    },
    {
      what: 'Temporal',
      variable: 'TEMPORAL_ADDRESS',
      address: temporalAddress,
      shown: temporalAddress ?? '',
      wrong: env.TEMPORAL_ADDRESS === undefined ? undefined : wrongIn(env, ['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE']),
      check: () => checkTemporalAt(env, running),
      toolOf: () => 'Temporal server',
      here: () => temporalHere(env),
    },
  ];
  return servers.map((server) => diagnose(server, env, noPrivateServers));
}

/** A private server has its own namespace, no TLS and no API key. */
async function checkTemporalAt(env: NodeJS.ProcessEnv, running: StackAddresses | undefined): Promise<string> {
  if (env.TEMPORAL_ADDRESS === undefined && running !== undefined) {
    return await checkTemporalSetup({ address: running.temporalAddress }, running.temporalNamespace);
  }
  const { options, namespace } = temporalFromEnvironment(env);
  return await checkTemporalSetup(options, namespace);
}
