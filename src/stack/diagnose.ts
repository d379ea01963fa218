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
  /** The address in the environment, or the one of a running private server. */
  readonly address: string | undefined;
  /** Without credentials. */
  readonly shown: string;
  check(): Promise<string>;
  readonly toolOf: (version: string) => ToolName;
  /** Asked for only where there is no address. */
  here(): Promise<Here> | Here;
}

async function diagnose(server: Server, env: NodeJS.ProcessEnv): Promise<Diagnosis> {
  const { what, variable, shown } = server;
  if (server.address === undefined) {
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

const hostOf = (url: string | undefined): string => (url && URL.canParse(url) ? new URL(url).host : (url ?? ''));

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
      toolOf: databaseOf,
      here: () => mysqlHere(env),
    },
    {
      what: 'RabbitMQ',
      variable: 'AMQP_URL',
      address: amqpUrl,
      shown: hostOf(amqpUrl),
      check: () => checkAmqp(amqpUrl as string),
      toolOf: () => 'RabbitMQ',
      here: () => rabbitmqHere(env),
    },
    {
      what: 'Temporal',
      variable: 'TEMPORAL_ADDRESS',
      address: temporalAddress,
      shown: temporalAddress ?? '',
      check: () =>
        checkTemporalSetup(fromOutside ? temporal.options : { address: temporalAddress as string }, temporal.namespace),
      toolOf: () => 'Temporal server',
      here: () => temporalHere(env),
    },
  ];
  return servers.map((server) => diagnose(server, env));
}
