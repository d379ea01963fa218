import { NotSetUp } from '../domain/errors.js';
import { findBinary, findMysqlServer, findRabbitmqServer } from './binaries.js';
import { checkAmqp, checkMysql, checkTemporalSetup, temporalFromEnvironment } from './health.js';
import { isDebianLike } from './packages.js';
import { reasonOf } from './reason-of.js';
import { remedyFor } from './remedy.js';
import type { StackAddresses } from './stack-record.js';
import { builtTemporal, hasBuiltTemporal } from './temporal-binary.js';

interface Diagnosis {
  readonly what: string;
  readonly found: string;
  readonly mend?: string | undefined;
}

interface Server {
  readonly what: 'MySQL' | 'RabbitMQ' | 'Temporal';
  readonly variable: string;
  /** The address in the environment, or the one of a running private server. */
  readonly address: string | undefined;
  /** Without credentials. */
  readonly shown: string;
  check(): Promise<string>;
  /** How a private one would be started here, undefined where it cannot. */
  readonly here: string | undefined;
}

async function diagnose(server: Server, env: NodeJS.ProcessEnv): Promise<Diagnosis> {
  const { what, variable, here, shown } = server;
  if (server.address === undefined) {
    if (here !== undefined) return { what, found: `${variable} is not set; npm start runs ${here}` };
    return { what, found: `${variable} is not set, and no server was found`, mend: remedyFor([what], env) };
  }
  try {
    return { what, found: `${shown}: ${await server.check()}` };
  } catch (error) {
    if (error instanceof NotSetUp) return { what, found: `${shown}: ${error.message}`, mend: error.mend };
    const mend = env[variable] ? `correct ${variable}, or unset it to use a private server` : 'restart npm start';
    return { what, found: `${shown}: ${reasonOf(error)}`, mend };
  }
}

const hostOf = (url: string | undefined): string => (url && URL.canParse(url) ? new URL(url).host : (url ?? ''));

function rabbitmqHere(env: NodeJS.ProcessEnv): string | undefined {
  const script = findRabbitmqServer(env);
  const complete = findBinary(env, 'erl') !== undefined && findBinary(env, 'epmd') !== undefined;
  return complete ? script : undefined;
}

function temporalHere(env: NodeJS.ProcessEnv): string | undefined {
  const binary = findBinary(env, 'temporal');
  if (binary !== undefined) return binary;
  if (hasBuiltTemporal(env)) return builtTemporal(env);
  if (findBinary(env, 'go') !== undefined) return 'one that it builds first with Go, in 2 to 4 minutes';
  return 'one that the SDK downloads first';
}

/** What else than a binary could bring a server here; whether it works shows only when it is tried. */
function elsewhere(env: NodeJS.ProcessEnv): string | undefined {
  if (findBinary(env, 'docker') !== undefined) return 'one in Docker, if its engine answers';
  const mayInstall = env.ORDERS_NO_INSTALL !== '1' && process.getuid?.() === 0 && isDebianLike();
  return mayInstall ? "one from the distribution's packages, which it installs" : undefined;
}

/** Each server: what answers at its address, or how it would be started here. */
export function diagnoseServers(env: NodeJS.ProcessEnv, running: StackAddresses | undefined): Promise<Diagnosis>[] {
  const mysqlUrl = env.MYSQL_URL || running?.mysqlUrl;
  const amqpUrl = env.AMQP_URL || running?.amqpUrl;
  const temporal = temporalFromEnvironment(env);
  const fromOutside = Boolean(env.TEMPORAL_ADDRESS);
  const temporalAddress = env.TEMPORAL_ADDRESS || running?.temporalAddress;
  const servers: Server[] = [
    {
      what: 'MySQL',
      variable: 'MYSQL_URL',
      address: mysqlUrl,
      shown: hostOf(mysqlUrl),
      check: () => checkMysql(mysqlUrl as string),
      here: findMysqlServer(env) ?? elsewhere(env),
    },
    {
      what: 'RabbitMQ',
      variable: 'AMQP_URL',
      address: amqpUrl,
      shown: hostOf(amqpUrl),
      check: () => checkAmqp(amqpUrl as string),
      here: rabbitmqHere(env) ?? elsewhere(env),
    },
    {
      what: 'Temporal',
      variable: 'TEMPORAL_ADDRESS',
      address: temporalAddress,
      shown: temporalAddress ?? '',
      check: () =>
        checkTemporalSetup(fromOutside ? temporal.options : { address: temporalAddress as string }, temporal.namespace),
      here: temporalHere(env),
    },
  ];
  return servers.map((server) => diagnose(server, env));
}
